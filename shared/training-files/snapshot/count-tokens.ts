import { countTokens as count } from "gpt-tokenizer/encoding/o200k_base";

/** A piece beyond this length, in UTF-16 units, is cut: the tokenizer's time is its square. */
const LONGEST_PIECE = 400;

/** A letter before anything that is neither letter, mark, digit nor apostrophe: always a border. */
const BORDER = /(?<=\p{L})(?=[^\p{L}\p{M}\p{N}'])/u;

const OPTIONS = { disallowedSpecial: new Set<string>() };

/**
 * Tokens of a text in `o200k_base`, exact for OpenAI's models since GPT-4o and an estimate for
 * others. Text such as `<|endoftext|>` counts as the letters it is. Of an unbroken run longer
 * than 400 units each 400 are counted apart, which may add one token to each.
 */
export function countTokens(text: string): number {
  if (longestRun(text) <= LONGEST_PIECE) return count(text, OPTIONS);
  let total = 0;
  for (const piece of text.split(BORDER)) {
    for (let at = 0; at < piece.length; at += LONGEST_PIECE) {
      total += count(piece.slice(at, at + LONGEST_PIECE), OPTIONS);
    }
  }
  return total;
}

/** The longest stretch of units that are all above U+0020, or all not. */
function longestRun(text: string): number {
  if (text.length <= LONGEST_PIECE) return text.length;
  let longest = 0;
  let start = 0;
  for (let at = 1; at <= text.length; at++) {
    const isSame = at < text.length && text.charCodeAt(at) > 32 === text.charCodeAt(at - 1) > 32;
    if (isSame) continue;
    longest = Math.max(longest, at - start);
    start = at;
  }
  return longest;
}
