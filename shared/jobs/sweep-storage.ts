import type { SupabaseClient } from "@supabase/supabase-js";
import type { Database } from "../database.types.ts";
import { unwrap } from "../unwrap.ts";
import type { SweepStorageJob } from "./job.ts";
import type { Handler } from "./handler.ts";

/** Objects that are listed at once: few, since each may get its row until it is deleted. */
const batchSize = 100;
const maxBatches = 10;
/** What a worker that was held up was given longer ago is left: rows may name it by now. */
const maxAgeMs = 5_000;

interface DueObject {
  id: string;
  bucket: string;
  path: string;
}

/**
 * Deletes the objects that no row names, through the Storage API: deleting their rows in SQL would
 * leave the bytes. What cannot be deleted now is due again later. `now` is in milliseconds.
 */
export function createSweepStorage(
  client: SupabaseClient<Database>,
  now: () => number = () => performance.now(),
): Handler<SweepStorageJob> {
  return async (job) => {
    const deleted: string[] = [];
    for (let batch = 0; batch < maxBatches; batch++) {
      const staleAt = now() + maxAgeMs;
      const due = unwrap(await client.rpc("list_due_objects", { p_max_objects: batchSize }));
      if (due.length === 0) break;
      deleted.push(...await deleteObjects(client, due, () => now() >= staleAt));
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

/** Deletes objects of any buckets until they are stale; returns the ids of those that are gone. */
async function deleteObjects(
  client: SupabaseClient<Database>,
  due: DueObject[],
  isStale: () => boolean,
): Promise<string[]> {
  const deleted: string[] = [];
  for (const [bucket, objects] of Map.groupBy(due, ({ bucket }) => bucket)) {
    if (isStale()) break;
    const { error } = await client.storage.from(bucket).remove(objects.map(({ path }) => path));
    if (error) {
      console.error(JSON.stringify({ event: "sweep_failed", bucket, error: error.message }));
    } else deleted.push(...objects.map(({ id }) => id));
  }
  return deleted;
}
