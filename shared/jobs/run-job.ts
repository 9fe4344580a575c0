import type { SupabaseClient } from "@supabase/supabase-js";
import type { Database } from "../database.types.ts";
import { describeFailure, type Failure } from "./describe-failure.ts";
import type { Handlers } from "./handler.ts";
import { Job, type LeasedJob } from "./job.ts";
import type { Lease } from "./lease-keeper.ts";
import { TimeLimitError } from "./time-limit-error.ts";

/** How an attempt ended, as the worker counts it. */
export type AttemptOutcome = "completed" | "retried" | "failed" | "released";

/**
 * Does the work of one job and reports how it went. Of what the worker's end or a lost lease
 * interrupts only the cost is reported: the release gives it back, or another worker has it.
 */
export async function runJob(
  client: SupabaseClient<Database>,
  handlers: Handlers,
  leased: LeasedJob,
  lease: Lease,
): Promise<AttemptOutcome> {
  try {
    const outcome = await handle(handlers, Job.parse(leased), lease);
    if (outcome === "done") return "completed";
    return outcome === "stale_lease" ? "released" : "retried";
  } catch (error) {
    const reason = lease.signal.aborted ? lease.signal.reason : null;
    if (reason !== null && !(reason instanceof TimeLimitError)) {
      await reportUsage(client, leased, lease);
      return "released";
    }
    const failure = describeFailure(reason ?? error);
    return await report(client, leased, lease, failure) === "dead" ? "failed" : "retried";
  }
}

async function report(
  client: SupabaseClient<Database>,
  { job_id, lease_token, kind }: LeasedJob,
  lease: Lease,
  { defer, ...failure }: Failure,
): Promise<string | undefined> {
  console.error(JSON.stringify({ event: "job_failed", job_id, kind, ...failure }));
  const refs = [{ job_id, lease_token, ...failure, usage: lease.usage() }];
  const { data, error } = defer
    ? await client.rpc("defer_jobs", {
      p_refs: refs,
      p_scope: defer.scope,
      ...(defer.seconds !== null && { p_retry_after: defer.seconds }),
    })
    : await client.rpc("fail_jobs", { p_refs: refs });
  if (error) {
    console.error(JSON.stringify({ event: "report_failed", job_id, error: error.message }));
  }
  return data?.[0]?.outcome;
}

async function reportUsage(
  client: SupabaseClient<Database>,
  { job_id, lease_token }: LeasedJob,
  lease: Lease,
): Promise<void> {
  const usage = lease.usage();
  if (usage.length === 0) return;
  const { error } = await client.rpc("add_wasted_usage", {
    p_refs: [{ job_id, lease_token, usage }],
  });
  if (error) {
    console.error(JSON.stringify({ event: "report_failed", job_id, error: error.message }));
  }
}

function handle(handlers: Handlers, job: Job, lease: Lease) {
  switch (job.kind) {
    case "train_document":
      return handlers.train_document(job, lease);
    case "reembed_document":
      return handlers.reembed_document(job, lease);
    case "enrich_pointer":
      return handlers.enrich_pointer(job, lease);
    case "build_training_file":
      return handlers.build_training_file(job, lease);
    case "rebuild_training_file":
      return handlers.rebuild_training_file(job, lease);
    case "sweep_storage":
      return handlers.sweep_storage(job, lease);
  }
}
