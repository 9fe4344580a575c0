import type { SupabaseClient } from "@supabase/supabase-js";
import type { Database } from "../database.types.ts";
import { unwrap } from "../unwrap.ts";
import type { SweepStorageJob } from "./job.ts";
import type { Handler } from "./handler.ts";

/** Objects that one request to the Storage API deletes. */
const batchSize = 100;

/**
 * Deletes the objects that no row names, through the Storage API: deleting their rows in SQL would
 * leave the bytes. What cannot be deleted now is due again later.
 */
export function createSweepStorage(client: SupabaseClient<Database>): Handler<SweepStorageJob> {
  return async (job) => {
    const due = unwrap(await client.rpc("list_due_objects", { p_max_objects: 1000 }));
    const deleted: string[] = [];
    const buckets = Map.groupBy(due, ({ bucket }) => bucket);
    for (const [bucket, objects] of buckets) {
      for (let start = 0; start < objects.length; start += batchSize) {
        const batch = objects.slice(start, start + batchSize);
        const { error } = await client.storage.from(bucket).remove(batch.map(({ path }) => path));
        if (error) {
          console.error(JSON.stringify({ event: "sweep_failed", bucket, error: error.message }));
        } else deleted.push(...batch.map(({ id }) => id));
      }
    }
    const outcome = unwrap(
      await client.rpc("complete_sweep_job", {
        p_job_id: job.job_id,
        p_lease_token: job.lease_token,
        p_deleted_ids: deleted,
      }),
    );
    return outcome === "done" ? "done" : "stale_lease";
  };
}
