import type { SupabaseClient } from "@supabase/supabase-js";
import type { Database } from "../../database.types.ts";
import { ApiError } from "../../errors.ts";
import type { BuildPlan } from "./build-plan.ts";

/**
 * Tells the database how far a build is, and with it that its builder lives. Throws BUILD_LOST when
 * the build was cancelled or overtaken; an answer that does not come is no reason to stop.
 */
export async function sendHeartbeat(
  client: SupabaseClient<Database>,
  { version_id, build_token }: Pick<BuildPlan, "version_id" | "build_token">,
  share: number,
): Promise<void> {
  const { data, error } = await client.rpc("heartbeat_training_file_build", {
    p_version_id: version_id,
    p_build_token: build_token,
    p_progress: share,
  });
  if (error === null && data !== true) {
    throw new ApiError("BUILD_LOST", "The build was cancelled or overtaken");
  }
}
