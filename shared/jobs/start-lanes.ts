import type { SupabaseClient } from "@supabase/supabase-js";
import type { Database } from "../database.types.ts";
import type { WorkerEnv } from "./process-jobs.ts";

/**
 * Makes what tells the lanes, once, what the environment says of them. What an operator sets
 * afterwards stays until the environment says something else.
 */
export function createLaneStart({ EMBEDDING_MAX_CONCURRENT, PASS2_MAX_CONCURRENT }: WorkerEnv) {
  const untold = new Map<string, number | undefined>([
    ["embedding", EMBEDDING_MAX_CONCURRENT],
    ["pass2", PASS2_MAX_CONCURRENT],
  ]);
  return async (client: SupabaseClient<Database>): Promise<void> => {
    for (const [lane, most] of untold) {
      if (most !== undefined) {
        const { error } = await client.rpc("update_lane_start", {
          p_lane: lane,
          p_max_in_flight: most,
        });
        if (error) throw new Error("the lanes could not be told their limits", { cause: error });
      }
      untold.delete(lane);
    }
  };
}
