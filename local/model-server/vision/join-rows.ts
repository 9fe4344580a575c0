import type { Box } from "./find-marks.ts";
import type { TextLine } from "./text-line.ts";

/**
 * Pieces of text by the rows that they stand in, from top to bottom, each row from left to right:
 * two share a row when they overlap by more than half of the lower one's height.
 */
export function joinRows<T extends Box>(pieces: T[]): T[][] {
  const rows: T[][] = [];
  for (const piece of pieces.toSorted((a, b) => middle(a) - middle(b))) {
    const row = rows.findLast((row) => row.every((other) => isBeside(piece, other)));
    if (row) row.push(piece);
    else rows.push([piece]);
  }
  for (const row of rows) row.sort((a, b) => a.left - b.left);
  return rows;
}

/** Two pieces of one line as one. */
export function joinPieces(a: TextLine, b: TextLine): TextLine {
  return {
    ...a,
    text: `${a.text} ${b.text}`,
    words: [...a.words, ...b.words],
    left: Math.min(a.left, b.left),
    top: Math.min(a.top, b.top),
    right: Math.max(a.right, b.right),
    bottom: Math.max(a.bottom, b.bottom),
  };
}

function middle({ top, bottom }: Box): number {
  return (top + bottom) / 2;
}

function isBeside(a: Box, b: Box): boolean {
  const overlap = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
  return overlap > 0.5 * Math.min(a.bottom - a.top, b.bottom - b.top);
}
