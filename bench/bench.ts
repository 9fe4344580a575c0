/** One line of a benchmark. */
export interface BenchRow {
  scenario: string;
  unit: string;
  /** What Maestro took. */
  ours: number;
  /** What the peer took in the same run; null where the bar is absolute. */
  peer: number | null;
  peer_name: string;
  /** Ours by peer, or ours alone. */
  ratio: number;
  /** In words, on `ratio`. */
  bar: string;
  ok: boolean;
}

/** A benchmark: measures and answers with its rows; `say` takes what it does meanwhile. */
export type Bench = (options: { dir?: string; say: (text: string) => void }) => Promise<BenchRow[]>;

type Measured = Omit<BenchRow, "ratio" | "bar" | "ok"> & {
  bar: { most: number } | { least: number };
};

/** A row whose ratio is `ours` by `peer`, or `ours` where there is no peer. */
export function benchRow({ bar, ...measured }: Measured): BenchRow {
  const { ours, peer } = measured;
  const ratio = peer === null ? ours : ours / peer;
  return {
    ...measured,
    ours: round(ours),
    peer: peer === null ? null : round(peer),
    ratio: round(ratio),
    bar: "most" in bar ? `≤ ${bar.most}` : `≥ ${bar.least}`,
    ok: "most" in bar ? ratio <= bar.most : ratio >= bar.least,
  };
}

/** The middle one; of an even number the upper. */
export function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
