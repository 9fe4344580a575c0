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
  /** The smallest and largest of several runs, in words. */
  spread?: string;
  /** In words, on `ratio` unless it names ours. */
  bar: string;
  ok: boolean;
}

/** What a benchmark is given. */
export interface BenchOptions {
  dir?: string;
  /** On PGlite, where a bench can run on it. */
  isEmbedded: boolean;
  /** How much to do it with, where a bench can do with less. */
  rows?: number;
  /** Takes what it does meanwhile. */
  say: (text: string) => void;
  /** Takes what its figures depend on. */
  describe: (environment: Record<string, string>) => void;
}

/** A benchmark: measures and answers with its rows. */
export type Bench = (options: BenchOptions) => Promise<BenchRow[]>;

type Measured = Omit<BenchRow, "ratio" | "bar" | "ok"> & {
  /** On the ratio, or on ours alone where the peer only stands beside it. */
  bar: { most: number; of?: "ours" } | { least: number; of?: "ours" };
};

/** A row whose ratio is `ours` by `peer`, or `ours` where there is no peer. */
export function benchRow({ bar, ...measured }: Measured): BenchRow {
  const { ours, peer } = measured;
  const ratio = peer === null ? ours : ours / peer;
  const judged = bar.of === "ours" ? ours : ratio;
  const of = bar.of === "ours" && peer !== null ? "ours " : "";
  return {
    ...measured,
    ours: round(ours),
    peer: peer === null ? null : round(peer),
    ratio: round(ratio),
    bar: "most" in bar ? `${of}≤ ${bar.most}` : `${of}≥ ${bar.least}`,
    ok: "most" in bar ? judged <= bar.most : judged >= bar.least,
  };
}

/** The middle one; of an even number the upper. */
export function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
