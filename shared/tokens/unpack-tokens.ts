/** The tokens of an encoding by their rank. */
export interface Tokens {
  bytes: Uint8Array;
  /** Token n has the bytes from `starts[n]` to `starts[n + 1]`. */
  starts: Int32Array;
}

/**
 * Unpacks what `scripts/pack-tokens.ts` has packed: base64 of one byte a token, its length, with 0
 * after the last, and then the bytes of all tokens. The arrays of strings that gpt-tokenizer ships
 * take 35 MB once they are imported, this 15.
 */
export function unpackTokens(packed: string): Tokens {
  const units = atob(packed);
  const count = units.indexOf("\0");
  const starts = new Int32Array(count + 1);
  for (let rank = 0; rank < count; rank++) {
    starts[rank + 1] = starts[rank]! + units.charCodeAt(rank);
  }
  const bytes = new Uint8Array(starts[count]!);
  for (let at = 0; at < bytes.length; at++) bytes[at] = units.charCodeAt(count + 1 + at);
  return { bytes, starts };
}
