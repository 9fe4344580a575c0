/**
 * A `sequence_len` that cuts no row: the power of two, at least 2,048, above the longest row with
 * a quarter more for other tokenizers and 256 for the chat template. Trainers cut or drop, without
 * a word, what is longer than theirs.
 */
export function sequenceLength(longestRow: number): number {
  return Math.max(2048, 2 ** Math.ceil(Math.log2(1.25 * longestRow + 256)));
}
