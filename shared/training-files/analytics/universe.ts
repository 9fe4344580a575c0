import { type Cell, DIMENSIONS } from "./cell.ts";

/** The keys that exist, whether the file has them or not. */
export type Universe = Record<(typeof DIMENSIONS)[number], readonly string[]>;

/** Every key of the cells, and those that the caller knows beside; sorted by UTF-16 units. */
export function universeOf(cells: readonly Cell[], known: Partial<Universe> = {}): Universe {
  const keysOf = (dimension: (typeof DIMENSIONS)[number]) => {
    const present = cells.map((cell) => cell[dimension]).filter((key) => key !== null);
    return [...new Set([...present, ...known[dimension] ?? []])].sort();
  };
  return {
    persona: keysOf("persona"),
    emotional_arc: keysOf("emotional_arc"),
    training_topic: keysOf("training_topic"),
  };
}
