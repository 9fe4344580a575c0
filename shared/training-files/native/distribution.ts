import type { Snapshot } from "../snapshot/snapshot.ts";

/** Counts by key, keys in UTF-16 order. A null prototype, so that any key is only a key. */
export type Counts = Record<string, number>;

/** `training_files.scaffolding_distribution`. A conversation without a key is in no count. */
export interface Distribution {
  readonly personas: Counts;
  readonly emotional_arcs: Counts;
  readonly training_topics: Counts;
}

/** Counts scaffolding one conversation at a time. */
export function distributionBuilder() {
  const personas = new Map<string, number>();
  const arcs = new Map<string, number>();
  const topics = new Map<string, number>();
  return {
    add({ scaffolding }: Snapshot): void {
      increase(personas, scaffolding.persona_key);
      increase(arcs, scaffolding.emotional_arc_key);
      increase(topics, scaffolding.training_topic_key);
    },
    build(): Distribution {
      return {
        personas: sorted(personas),
        emotional_arcs: sorted(arcs),
        training_topics: sorted(topics),
      };
    },
  };
}

function increase(counts: Map<string, number>, key: string | null): void {
  if (key !== null) counts.set(key, (counts.get(key) ?? 0) + 1);
}

function sorted(counts: Map<string, number>): Counts {
  const result: Counts = Object.create(null);
  for (const key of [...counts.keys()].sort()) result[key] = counts.get(key) ?? 0;
  return result;
}
