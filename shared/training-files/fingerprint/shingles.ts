import { hashPlainWords } from "./hash-plain-words.ts";
import { hashText } from "./hash-text.ts";

/** Words to a shingle; characters where a script writes no spaces. */
const WIDTH = 5;

const WORDS = /[\p{L}\p{M}\p{N}]+/gu;
const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/gu;

/** The comparable units of a text. */
export interface TextUnits {
  /** A hash of each, in their order. */
  readonly hashes: Int32Array;
  /** True if the units are characters, because most of the text is Chinese or Japanese. */
  readonly isUnspaced: boolean;
}

/** NFKC, lower case, no punctuation; words, or characters for Chinese and Japanese. */
export function textUnits(text: string): TextUnits {
  const plain = hashPlainWords(text);
  if (plain) return { hashes: plain, isUnspaced: false };
  const words = text.normalize("NFKC").toLowerCase().match(WORDS) ?? [];
  const joined = words.join("");
  const isUnspaced = 2 * (joined.match(UNSPACED)?.length ?? 0) > joined.length;
  const units = isUnspaced ? [...joined] : words;
  return { hashes: Int32Array.from(units, hashText), isUnspaced };
}

/**
 * The set of 32-bit hashes of a text's shingles of five units, ascending. A text of fewer than
 * five units is one shingle, an empty one is none.
 */
export function shingleSet({ hashes }: TextUnits): Uint32Array {
  const count = hashes.length === 0 ? 0 : Math.max(1, hashes.length - WIDTH + 1);
  const shingles = new Uint32Array(count);
  for (let start = 0; start < count; start++) shingles[start] = combine(hashes, start);
  return distinct(shingles);
}

/** The union of sets: shingles of a conversation stay within its texts. */
export function unionOf(sets: readonly Uint32Array[]): Uint32Array {
  const all = new Uint32Array(sets.reduce((sum, set) => sum + set.length, 0));
  let at = 0;
  for (const set of sets) {
    all.set(set, at);
    at += set.length;
  }
  return distinct(all);
}

function distinct(numbers: Uint32Array): Uint32Array {
  numbers.sort();
  let count = 0;
  for (let at = 0; at < numbers.length; at++) {
    if (at === 0 || numbers[at] !== numbers[at - 1]) numbers[count++] = numbers[at]!;
  }
  return numbers.slice(0, count);
}

function combine(values: Int32Array, start: number): number {
  let hash = 0x9e3779b9;
  for (let at = start; at < start + WIDTH && at < values.length; at++) {
    hash = Math.imul(hash ^ (values[at] ?? 0), 0x85ebca6b);
    hash ^= hash >>> 15;
  }
  return hash >>> 0;
}
