import type { SupabaseClient } from "@supabase/supabase-js";
import type { Database } from "../database.types.ts";
import { unwrap } from "../unwrap.ts";

/** The model of an organisation's vectors; null before anything is trained. */
export async function getEmbeddingModel(
  client: SupabaseClient<Database>,
  orgId: string,
): Promise<string | null> {
  const [organization] = unwrap(
    await client.from("organizations").select("embedding_model").eq("id", orgId),
  );
  return organization?.embedding_model ?? null;
}
