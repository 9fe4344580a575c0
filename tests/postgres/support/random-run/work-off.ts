import { until } from "../../../support/until.ts";
import type { CrashableStack } from "./stack.ts";

/** Jobs that have ended and that are open. */
export async function countJobs(stack: CrashableStack): Promise<{ ended: number; open: number }> {
  const [counts] = await stack.query<{ ended: number; open: number }>(
    `select (select count(*)::integer from private.job_history) as ended,
       (select count(*)::integer from private.jobs) as open`,
  );
  return counts!;
}

/** Ends the pauses that take longer than a test has: between attempts, of lanes, of rebuilds. */
export async function hurry(stack: CrashableStack): Promise<void> {
  await stack.query("update private.jobs set max_attempts = 100 where max_attempts < 100");
  await stack.query(
    `update private.jobs set visible_at = now()
     where lease_token is null and visible_at > now() + interval '1 second'`,
  );
  await stack.query(
    "select private.pause_lane(lane, null) from private.lanes where reduced_cap is not null",
  );
}

/** Sweeps until nothing is left to sweep, with every waiting object made due. */
export async function sweep(stack: CrashableStack): Promise<void> {
  await until("lost builds to be ended and the bucket to be swept", async () => {
    await hurry(stack);
    await stack.query("update private.storage_outbox set due_at = now()");
    await stack.query("select private.enqueue_storage_sweep(), private.enqueue_orphaned_objects()");
    const left = await stack.query(
      `select from private.storage_outbox
       union all select from public.training_file_versions where state = 'building'`,
    );
    return left.length === 0 && (await countJobs(stack)).open === 0;
  }, { seconds: 90 });
}

/** Has search count again what has lost chunks, which it otherwise does when there is time. */
export async function recount(stack: CrashableStack): Promise<void> {
  await until("search to have counted", async () => {
    await stack.query("update private.search_stats set counted_at = '-infinity'");
    await stack.query("select private.update_search_indexes()");
    return (await stack.query("select from private.search_recounts")).length === 0;
  }, { seconds: 60 });
}
