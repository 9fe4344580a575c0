/** The ranks of an encoding as gpt-tokenizer ships them: tokens as text, or as bytes. */
type Ranks = readonly (string | readonly number[])[];

const encoder = new TextEncoder();
const keyOf = (bytes: Iterable<number>) => String.fromCharCode(...bytes);

/**
 * Counts tokens by the letter of byte pair encoding: of each piece, the neighbours with the lowest
 * rank are merged until none are left. Slow, and right for every text: the package's own encoder
 * loses a token that is a byte order mark.
 * Source: https://github.com/openai/tiktoken/blob/main/tiktoken/_educational.py
 */
export function bytePairOracle(ranks: Ranks, pieces: RegExp): (text: string) => number {
  const rankOf = new Map(
    ranks.map((token, rank) => [
      keyOf(typeof token === "string" ? encoder.encode(token) : token),
      rank,
    ]),
  );
  const countPiece = (piece: string): number => {
    const parts = Array.from(encoder.encode(piece), (byte) => String.fromCharCode(byte));
    for (;;) {
      let best = { rank: Infinity, at: -1 };
      for (let at = 0; at + 1 < parts.length; at++) {
        const rank = rankOf.get(parts[at]! + parts[at + 1]!) ?? Infinity;
        if (rank < best.rank) best = { rank, at };
      }
      if (best.at === -1) return parts.length;
      parts.splice(best.at, 2, parts[best.at]! + parts[best.at + 1]!);
    }
  };
  return (text) =>
    Array.from(text.matchAll(pieces), ([piece]) => countPiece(piece)).reduce((a, b) => a + b, 0);
}
