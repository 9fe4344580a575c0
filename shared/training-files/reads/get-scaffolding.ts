import type { SupabaseClient } from "@supabase/supabase-js";
import type { Universe } from "../analytics/universe.ts";
import type { Database } from "../../database.types.ts";
import { unwrap } from "../../unwrap.ts";

/** The keys of an organisation's personas, emotional arcs and training topics, by the rows' ids. */
export type Scaffolding = Record<keyof Universe, ReadonlyMap<string, string>>;

/** The scaffolding that the caller may see, at most 1,000 rows of each kind. */
export async function getScaffolding(
  user: SupabaseClient<Database>,
  orgId: string,
): Promise<Scaffolding> {
  const [personas, arcs, topics] = await Promise.all([
    user.from("personas").select("id, key:persona_key").eq("org_id", orgId),
    user.from("emotional_arcs").select("id, key:emotional_arc_key").eq("org_id", orgId),
    user.from("training_topics").select("id, key:training_topic_key").eq("org_id", orgId),
  ]);
  const byId = (rows: { id: string; key: string }[]) =>
    new Map(rows.map(({ id, key }) => [id, key]));
  return {
    persona: byId(unwrap(personas)),
    emotional_arc: byId(unwrap(arcs)),
    training_topic: byId(unwrap(topics)),
  };
}

/** Its keys, whether a file has them or not. */
export function universeOfScaffolding(scaffolding: Scaffolding): Universe {
  return {
    persona: [...scaffolding.persona.values()],
    emotional_arc: [...scaffolding.emotional_arc.values()],
    training_topic: [...scaffolding.training_topic.values()],
  };
}
