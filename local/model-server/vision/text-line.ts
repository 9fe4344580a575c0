import type { Box } from "./find-marks.ts";

/** Quarter turns clockwise that bring text upright. */
export type Turn = 0 | 1 | 2 | 3;

/** A word as Tesseract read it. */
export interface Word {
  text: string;
  /** From 0 to 100. */
  confidence: number;
}

/** A line of text, or a piece of one, in the frame of the direction that it is read in. */
export interface TextLine extends Box {
  text: string;
  turn: Turn;
  /** Height of its capital letters, in pixels. */
  size: number;
  words: Word[];
}
