import { type Cell, DIMENSIONS } from "./cell.ts";
import { normalisedEntropy } from "./entropy.ts";
import type { Universe } from "./universe.ts";

/** A conversation that could be added, and where it stands. */
export interface Candidate {
  readonly conversation_id: string;
  readonly cell: Cell;
}

/** A conversation whose addition would balance the file. */
export interface Suggestion {
  readonly conversation_id: string;
  readonly cell: Cell;
  /** Rise of the mean of the three entropies when it is added after those above, four decimals. */
  readonly gain: number;
}

type Counts = Record<(typeof DIMENSIONS)[number], Map<string, number>>;

/**
 * Chooses up to `limit` candidates greedily: each raises the mean entropy of personas, arcs and
 * topics most, given those before. Stops where none raises it. Of equals the smallest id comes
 * first. The universe holds the keys of the file and of the candidates.
 */
export function suggestConversations(
  cells: readonly Cell[],
  candidates: readonly Candidate[],
  universe: Universe,
  limit = 10,
): Suggestion[] {
  const counts = countsOf(cells, universe);
  const queues = queuesByCell(candidates);
  const chosen: Suggestion[] = [];
  while (chosen.length < limit) {
    const before = meanEntropy(counts);
    const best = queues
      .map((queue) => ({ queue, gain: gainOf(queue[0]?.cell, counts, before) }))
      .filter(({ queue, gain }) => queue.length > 0 && gain > 1e-9)
      .sort((a, b) => b.gain - a.gain || byId(a.queue[0], b.queue[0]))[0];
    const next = best?.queue.shift();
    if (!best || !next) break;
    change(counts, next.cell, 1);
    chosen.push({ ...next, gain: Math.round(best.gain * 10_000) / 10_000 });
  }
  return chosen;
}

function countsOf(cells: readonly Cell[], universe: Universe): Counts {
  const empty = (keys: readonly string[]) => new Map(keys.map((key) => [key, 0]));
  const counts = {
    persona: empty(universe.persona),
    emotional_arc: empty(universe.emotional_arc),
    training_topic: empty(universe.training_topic),
  };
  for (const cell of cells) change(counts, cell, 1);
  return counts;
}

/** One queue for each cell, ids ascending: candidates of one cell gain the same. */
function queuesByCell(candidates: readonly Candidate[]): Candidate[][] {
  const cells = Map.groupBy(
    [...candidates].sort(byId),
    ({ cell }) => JSON.stringify(DIMENSIONS.map((dimension) => cell[dimension])),
  );
  return [...cells.values()];
}

function gainOf(cell: Cell | undefined, counts: Counts, before: number): number {
  if (!cell) return 0;
  change(counts, cell, 1);
  const gain = meanEntropy(counts) - before;
  change(counts, cell, -1);
  return gain;
}

function change(counts: Counts, cell: Cell, by: number): void {
  for (const dimension of DIMENSIONS) {
    const key = cell[dimension];
    if (key !== null) counts[dimension].set(key, (counts[dimension].get(key) ?? 0) + by);
  }
}

function meanEntropy(counts: Counts): number {
  const entropies = DIMENSIONS.map((name) => normalisedEntropy([...counts[name].values()]));
  return entropies.reduce((sum, entropy) => sum + entropy, 0) / DIMENSIONS.length;
}

function byId(a: Candidate | undefined, b: Candidate | undefined): number {
  return (a?.conversation_id ?? "") < (b?.conversation_id ?? "") ? -1 : 1;
}
