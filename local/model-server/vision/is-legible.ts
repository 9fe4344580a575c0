import type { Word } from "./text-line.ts";

/** Below it a word is told as ambiguous. */
export const sureConfidence = 65;

const [lowest, lowestForShort, lowestForDimension] = [40, 75, 25];
const dimension = /^\W?\d+\s?['"]-?[\d\s/]*"?\W?$/;

/**
 * Whether what was read is text at all: hatches and arrows come out as a few letters of low
 * confidence. A piece of one or two characters must be sure, and as large as the drawing's other
 * letters, since most strokes look like one.
 *
 * @param size in sizes of the drawing's common letters.
 */
export function isLegible(words: Word[], size: number): boolean {
  const text = words.map((word) => word.text).join("");
  const signs = text.match(/[\p{L}\p{N}]/gu)?.length ?? 0;
  if (signs === 0) return false;
  const mean = confidenceOf(words);
  if (dimension.test(text)) return mean >= lowestForDimension;
  if (signs <= 2) return mean >= lowestForShort && size > 0.75 && size < 2.5;
  return mean >= lowest && signs >= text.length / 2;
}

/** The mean of all letters' confidence, from 0 to 100. */
export function confidenceOf(words: Word[]): number {
  const letters = words.reduce((sum, { text }) => sum + text.length, 0);
  return words.reduce((sum, { text, confidence }) => sum + text.length * confidence, 0) /
    Math.max(1, letters);
}
