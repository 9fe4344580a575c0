import type { Snapshot } from "../snapshot/snapshot.ts";

/** Where a conversation stands in the cross table of its scaffolding; null is "unknown". */
export interface Cell {
  readonly persona: string | null;
  readonly emotional_arc: string | null;
  readonly training_topic: string | null;
}

/** The three dimensions of the cross table. */
export const DIMENSIONS = ["persona", "emotional_arc", "training_topic"] as const;

/** The cell of a conversation. */
export function cellOf({ scaffolding }: Pick<Snapshot, "scaffolding">): Cell {
  return {
    persona: scaffolding.persona_key,
    emotional_arc: scaffolding.emotional_arc_key,
    training_topic: scaffolding.training_topic_key,
  };
}
