const RUN_LENGTH = 32;
const CONTEXT = 32;

const words = new Intl.Segmenter("en", { granularity: "word" });
const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });

/**
 * Where to cut the unbroken run of text from `start` to `end` into stretches of at most 32 units, or
 * half the run if it is shorter: before a word where the script writes none apart (Chinese, Thai),
 * else between graphemes, else between code points, never inside one. Empty for one code point.
 */
export function findRunCuts(text: string, start: number, end: number): number[] {
  const cuts: number[] = [];
  const length = Math.min(RUN_LENGTH, Math.ceil((end - start) / 2));
  let at = start;
  while (end - at > length) {
    at += cutLength(text.slice(at, Math.min(at + length + CONTEXT, end)), length);
    if (at < end) cuts.push(at);
  }
  return cuts;
}

/** Length of the stretch at the start of `window`: `length` or the nearest boundary below it. */
function cutLength(window: string, length: number): number {
  const word = words.segment(window).containing(length)?.index ?? 0;
  if (word > 0) return word;
  const grapheme = graphemes.segment(window).containing(length)?.index ?? 0;
  if (grapheme > 0) return grapheme;
  const isInsidePair = window.codePointAt(length - 1)! > 0xffff;
  return isInsidePair ? (length > 1 ? length - 1 : 2) : length;
}
