import type { SupabaseClient } from "@supabase/supabase-js";
import { z } from "zod";
import type { Database } from "../../database.types.ts";
import { unwrap } from "../../unwrap.ts";

/** What `claim_training_file_build` tells a builder. */
const BuildPlan = z.object({
  version_id: z.guid(),
  build_token: z.guid(),
  org_id: z.guid(),
  training_file_id: z.guid(),
  version: z.int(),
  name: z.string(),
  created_at: z.string(),
  first_created_at: z.string(),
  options: z.object({ validation: z.enum(["repair", "strict"]).default("repair") }),
  sources: z.array(z.object({
    position: z.int(),
    conversation_id: z.guid(),
    path: z.string().nullable(),
    batch_id: z.guid().nullable(),
  })),
});
export type BuildPlan = z.infer<typeof BuildPlan>;

/** Claims a build: with the token of the request that began it, or without one to take it over. Null when it is over. */
export async function claimBuild(
  client: SupabaseClient<Database>,
  versionId: string,
  buildToken?: string,
): Promise<BuildPlan | null> {
  const { data, error } = await client.rpc("claim_training_file_build", {
    p_version_id: versionId,
    p_build_token: buildToken,
  });
  if (error === null && data === null) return null;
  return BuildPlan.parse(unwrap({ data, error }));
}
