/** Words, and numbers with the sign, comparison or currency that makes them what they are. */
const word = /(?:[<>≤≥±+−\-\p{Sc}]\s?)?\p{N}[\p{N}.,:/%]*\p{Sc}?|[\p{L}\p{M}]+/gu;

/** How much of a text's order must be found again: runs of three words. */
const leastShared = 0.9;

/** What of a text is compared. */
export interface Wording {
  text: string;
  counts: Map<string, number>;
  runs: Set<string>;
}

/** Takes a text apart, so that it can be compared with many. */
export function toWording(text: string): Wording {
  const words: string[] = text.normalize("NFKC").toLowerCase().match(word) ?? [];
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  const runs = words.map((_, index) => words.slice(index, index + 3).join(" "))
    .slice(0, Math.max(1, words.length - 2));
  return { text: text.trim(), counts, runs: new Set(runs) };
}

/**
 * Whether a text says nothing that the other does not: each of its words is there as often, and
 * nearly all of them in the same order. Case, white space and punctuation do not count. A text with
 * one other number, or a "not" more, is no repetition.
 */
export function isRepeated(text: Wording, other: Wording): boolean {
  if (text.counts.size === 0 || other.counts.size === 0) return text.text === other.text;
  for (const [word, count] of text.counts) {
    if ((other.counts.get(word) ?? 0) < count) return false;
  }
  const shared = [...text.runs].filter((run) => other.runs.has(run)).length;
  return shared >= leastShared * text.runs.size;
}
