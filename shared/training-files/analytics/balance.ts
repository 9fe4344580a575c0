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
  const taken = new Set(cells.map(cellKey));
  const gaps = combinations(universe).filter((cell) => !taken.has(cellKey(cell)));
  const [persona, emotional_arc, training_topic] = DIMENSIONS.map((dimension) =>
    dimensionBalance(cells.map((cell) => cell[dimension]), universe[dimension])
  );
  if (!persona || !emotional_arc || !training_topic) throw new RangeError("three dimensions");
  return {
    persona,
    emotional_arc,
    training_topic,
    cells: combinations(universe).length,
    empty_cells: gaps.length,
    gaps: gaps.slice(0, LISTED),
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

function combinations({ persona, emotional_arc, training_topic }: Universe): Cell[] {
  return persona.flatMap((p) =>
    emotional_arc.flatMap((a) =>
      training_topic.map((t) => ({ persona: p, emotional_arc: a, training_topic: t }))
    )
  );
}

function cellKey(cell: Cell): string {
  return JSON.stringify(DIMENSIONS.map((dimension) => cell[dimension]));
}

function fourDecimals(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}
