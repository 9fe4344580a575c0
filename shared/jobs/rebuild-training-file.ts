import type { SupabaseClient } from "@supabase/supabase-js";
import type { Database } from "../database.types.ts";
import { unwrap } from "../unwrap.ts";
import type { RebuildTrainingFileJob } from "./job.ts";
import type { Handler } from "./handler.ts";

/**
 * Begins a new version of a stale training file; a job of its own builds it. Waits while another
 * build is under way.
 */
export function createRebuildTrainingFile(
  client: SupabaseClient<Database>,
): Handler<RebuildTrainingFileJob> {
  return async (job) => {
    const outcome = unwrap(
      await client.rpc("complete_rebuild_job", {
        p_job_id: job.job_id,
        p_lease_token: job.lease_token,
      }),
    );
    return outcome === "done" || outcome === "waiting" ? outcome : "stale_lease";
  };
}
