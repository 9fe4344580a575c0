import type { SupabaseClient } from "@supabase/supabase-js";
import type { Database } from "../database.types.ts";
import type { WorkerEnv } from "./process-jobs.ts";

/**
 * Makes what tells the lanes, once, what the environment says of them. What an operator sets
 * afterwards stays until the environment says something else.
 */
export function createLaneStart({ PASS2_MAX_CONCURRENT }: WorkerEnv) {
  let started = false;
  return async (client: SupabaseClient<Database>): Promise<void> => {
    if (started || PASS2_MAX_CONCURRENT === undefined) return;
    const { error } = await client.rpc("update_lane_start", {
      p_lane: "pass2",
      p_max_in_flight: PASS2_MAX_CONCURRENT,
    });
    if (error) throw new Error("the lanes could not be told their limits", { cause: error });
    started = true;
  };
}
