import { type Cell, DIMENSIONS } from "./cell.ts";
import { normalisedEntropy } from "./entropy.ts";
import type { Universe } from "./universe.ts";

/** Empty cells that are listed; `empty_cells` counts all. */
const LISTED = 200;

/** One key of a dimension. */
export interface Share {
  readonly key: string;
  readonly count: number;
  /** Of the conversations whose key is known, 0–1, four decimals. */
  readonly share: number;
}

export interface DimensionBalance {
  /** Largest first, then by key. */
  readonly shares: readonly Share[];
  /** 0–1, four decimals. */
  readonly entropy: number;
  /** Conversations without a key. */
  readonly unknown: number;
}

/** How evenly a file covers personas, arcs and topics. */
export interface Balance {
  readonly persona: DimensionBalance;
  readonly emotional_arc: DimensionBalance;
  readonly training_topic: DimensionBalance;
  readonly cells: number;
  readonly empty_cells: number;
  /** The first 200 combinations that no conversation has, by key. */
  readonly gaps: readonly Cell[];
}

/** Measures balance over a universe that holds at least the keys of the cells. */
export function balanceOf(cells: readonly Cell[], universe: Universe): Balance {
  const whole = cells.filter((cell) => DIMENSIONS.every((dimension) => cell[dimension] !== null));
  const taken = new Set(whole.map(cellKey));
  // Counted, not listed: an organisation's keys may have millions of combinations.
  const count = DIMENSIONS.reduce((product, dimension) => product * universe[dimension].length, 1);
  const [persona, emotional_arc, training_topic] = DIMENSIONS.map((dimension) =>
    dimensionBalance(cells.map((cell) => cell[dimension]), universe[dimension])
  );
  if (!persona || !emotional_arc || !training_topic) throw new RangeError("three dimensions");
  return {
    persona,
    emotional_arc,
    training_topic,
    cells: count,
    empty_cells: count - taken.size,
    gaps: firstGaps(universe, taken),
  };
}

function dimensionBalance(
  values: readonly (string | null)[],
  keys: readonly string[],
): DimensionBalance {
  const counts = new Map(keys.map((key) => [key, 0]));
  for (const value of values) {
    if (value !== null) counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  const known = values.filter((value) => value !== null).length;
  const shares = [...counts].map(([key, count]) => ({
    key,
    count,
    share: fourDecimals(count / (known || 1)),
  }));
  return {
    shares: shares.sort((a, b) => b.count - a.count || (a.key < b.key ? -1 : 1)),
    entropy: fourDecimals(normalisedEntropy([...counts.values()])),
    unknown: values.length - known,
  };
}

function firstGaps(universe: Universe, taken: ReadonlySet<string>): Cell[] {
  const gaps: Cell[] = [];
  for (const persona of universe.persona) {
    for (const emotional_arc of universe.emotional_arc) {
      for (const training_topic of universe.training_topic) {
        const cell = { persona, emotional_arc, training_topic };
        if (!taken.has(cellKey(cell))) gaps.push(cell);
        if (gaps.length === LISTED) return gaps;
      }
    }
  }
  return gaps;
}

function cellKey(cell: Cell): string {
  return JSON.stringify(DIMENSIONS.map((dimension) => cell[dimension]));
}

function fourDecimals(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}
