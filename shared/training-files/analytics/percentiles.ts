/** By nearest rank; all 0 for an empty list. */
export interface Percentiles {
  readonly p5: number;
  readonly p50: number;
  readonly p95: number;
  readonly max: number;
}

/** The percentiles of a list in any order. */
export function percentilesOf(values: readonly number[]): Percentiles {
  const sorted = Float64Array.from(values).sort();
  const at = (share: number) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
  return { p5: at(0.05), p50: at(0.5), p95: at(0.95), max: at(1) };
}
