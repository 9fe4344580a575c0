/** Conversations whose score is at least `from` and below `to`; the last bin includes 5. */
export interface QualityBin {
  readonly from: number;
  readonly to: number;
  readonly count: number;
}

const FIRST = 1;
const STEP = 0.5;
const BINS = 8;

/** Eight bins of half a point from 1 to 5. */
export function qualityHistogram(scores: readonly number[]): QualityBin[] {
  const counts = new Array<number>(BINS).fill(0);
  for (const score of scores) {
    const bin = Math.min(BINS - 1, Math.floor((score - FIRST) / STEP));
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  return counts.map((count, bin) => ({
    from: FIRST + bin * STEP,
    to: FIRST + (bin + 1) * STEP,
    count,
  }));
}
