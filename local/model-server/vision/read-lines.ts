import { cleanWords } from "./clean-words.ts";
import { cutLine } from "./cut-line.ts";
import type { Box } from "./find-marks.ts";
import { findLetters } from "./find-letters.ts";
import { findThreshold } from "./find-threshold.ts";
import { groupLines, type LineOfMarks } from "./group-lines.ts";
import { confidenceOf, isLegible, sureConfidence } from "./is-legible.ts";
import type { Raster } from "./raster.ts";
import type { TextLine, Turn, Word } from "./text-line.ts";

/** Reads one line of text in a greymap. */
export type Recognise = (greymap: Uint8Array) => Promise<Word[]>;

/** Of capital letters, in pixels: what one height leaves in doubt, another may settle. */
const heights = [32, 28, 40];

/** More than a sheet full of notes has. */
const maxLines = 1_000;

/** A score: some five words that are sure. */
const settled = 3_000;

/**
 * Every legible line of a drawing, upright, turned by 90 degrees either way, or upside down.
 * Rejects with the reason of `signal` between two lines.
 */
export async function readLines(
  raster: Raster,
  recognise: Recognise,
  signal: AbortSignal,
): Promise<TextLine[]> {
  const threshold = findThreshold(raster);
  const { marks, size } = findLetters(raster, threshold);
  const readAs = async (line: LineOfMarks, turn: Turn): Promise<Read> => {
    const readAt = async (capital: number) =>
      cleanWords(await recognise(cutLine(raster, line, threshold, turn, capital)));
    let words: Word[] = [];
    for (const height of heights) {
      const again = await readAt(height);
      if (confidenceOf(again) > confidenceOf(words)) words = again;
      if (isSure(words) || !isLegible(words, line.size / size)) break;
    }
    return { turn, words };
  };
  // Drafters turn text to the left, but a whole sheet may lie on its side or on its head.
  const scores: Record<Turn, number> = { 0: 0, 1: 0, 2: 0, 3: 0 };
  const lines: TextLine[] = [];
  // Long lines first: they tell best which way up the sheet is.
  const longest = groupLines(marks, size).sort((a, b) => b.marks.length - a.marks.length);
  for (const line of longest.slice(0, maxLines)) {
    signal.throwIfAborted();
    const read = await readEitherWay(line, scores, readAs);
    scores[read.turn] += score(read.words);
    if (isLegible(read.words, line.size / size)) lines.push(toTextLine(line, read, raster));
  }
  return lines;
}

interface Read {
  turn: Turn;
  words: Word[];
}

type ReadAs = (line: LineOfMarks, turn: Turn) => Promise<Read>;

/** Reads a line as most lines of its direction stand, and if that is doubtful, on its head. */
async function readEitherWay(
  line: LineOfMarks,
  scores: Record<Turn, number>,
  readAs: ReadAs,
): Promise<Read> {
  const [a, b]: [Turn, Turn] = line.isTurned ? [1, 3] : [0, 2];
  const [usual, other] = scores[b] > scores[a] ? [b, a] : [a, b];
  const first = await readAs(line, usual);
  const isSettled = scores[usual] > settled && scores[usual] > 8 * scores[other];
  const isWorthIt = line.marks.length >= (isSettled ? 10 : 4);
  if (isSure(first.words) || !isWorthIt) return first;
  const second = await readAs(line, other);
  return score(second.words) > score(first.words) ? second : first;
}

function isSure(words: Word[]): boolean {
  return words.length > 0 && words.every(({ confidence }) => confidence >= sureConfidence);
}

/** Of all letters together: more text, or surer text. */
function score(words: Word[]): number {
  return words.reduce((sum, { text, confidence }) => sum + text.length * confidence, 0);
}

function toTextLine(line: LineOfMarks, { turn, words }: Read, { width, height }: Raster): TextLine {
  const { left, top, right, bottom, size } = line;
  const boxes: Record<Turn, Box> = {
    0: { left, top, right, bottom },
    1: { left: height - bottom, top: left, right: height - top, bottom: right },
    2: { left: width - right, top: height - bottom, right: width - left, bottom: height - top },
    3: { left: top, top: width - right, right: bottom, bottom: width - left },
  };
  return { ...boxes[turn], turn, size, words, text: words.map(({ text }) => text).join(" ") };
}
