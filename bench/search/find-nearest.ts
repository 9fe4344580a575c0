import { type Corpus, dimensions } from "./make-corpus.ts";

/** The rows of an organisation nearest to a unit vector, by comparing all of them. */
export function findNearest(
  { orgOf, vectors, size }: Corpus,
  org: number,
  vector: Float32Array,
  count: number,
): Set<number> {
  const best: { row: number; product: number }[] = [];
  for (let row = 0; row < size; row++) {
    if (orgOf[row] !== org) continue;
    let product = 0;
    const offset = row * dimensions;
    for (let at = 0; at < dimensions; at++) product += vectors[offset + at]! * vector[at]!;
    if (best.length === count && product <= best[count - 1]!.product) continue;
    best.splice(best.length === count ? count - 1 : count, 1, { row, product });
    best.sort((a, b) => b.product - a.product);
  }
  return new Set(best.map(({ row }) => row));
}
