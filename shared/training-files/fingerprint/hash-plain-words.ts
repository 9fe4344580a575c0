import { HASH_START, hashUnit } from "./hash-text.ts";

/** Neither a plain letter nor a plain separator: NFKC or Unicode's classes have a say. */
const OTHER = 0;
const SEPARATOR = 1;

/** Beyond the last separator of the table nothing is plain. */
const UNITS = 0x2030;

/** Of each unit: OTHER, SEPARATOR, or the lower-case letter or digit that it stands for. */
const KINDS = kindsOfUnits();

/**
 * The hashes of the words of a text that is ASCII but for dashes, curly quotes, bullets and the
 * like, lower case; null for any other text. Equal to what the rule for all texts comes to, without
 * a string for each word.
 */
export function hashPlainWords(text: string): Int32Array | null {
  const hashes = new Int32Array((text.length + 1) >> 1);
  let count = 0;
  let hash = HASH_START;
  let isWord = false;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    const kind = unit < UNITS ? KINDS[unit]! : OTHER;
    if (kind === OTHER) return null;
    if (kind !== SEPARATOR) {
      hash = hashUnit(hash, kind);
      isWord = true;
    } else if (isWord) {
      hashes[count++] = hash;
      hash = HASH_START;
      isWord = false;
    }
  }
  if (isWord) hashes[count++] = hash;
  return hashes.subarray(0, count);
}

function kindsOfUnits(): Uint8Array {
  const kinds = new Uint8Array(UNITS);
  for (let unit = 0; unit < 0x80; unit++) {
    const character = String.fromCharCode(unit);
    kinds[unit] = /[a-z0-9]/i.test(character) ? character.toLowerCase().charCodeAt(0) : SEPARATOR;
  }
  // No-break space, hyphens and dashes, quotes, bullet, ellipsis: none has a letter or a mark in it.
  for (const character of "\u00a0‐‑‒–—―‘’‚‛“”„‟•…") kinds[character.charCodeAt(0)] = SEPARATOR;
  return kinds;
}
