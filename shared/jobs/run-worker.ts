import type { SupabaseClient } from "@supabase/supabase-js";
import type { Database } from "../database.types.ts";
import { unwrap } from "../unwrap.ts";
import { Job, type JobKind, LeasedJob } from "./job.ts";
import { type Lease, LeaseKeeper } from "./lease-keeper.ts";
import { describeFailure, type Failure } from "./describe-failure.ts";

/** How a handler ended: its result was applied, or was thrown away because the job had moved on. */
export type HandlerOutcome = "done" | "stale_lease" | "stale_input";

/** Does the work of one job and hands its result to the function that applies and completes it. */
export type Handler<J extends Job = Job> = (job: J, lease: Lease) => Promise<HandlerOutcome>;

export type Handlers = { [K in JobKind]: Handler<Extract<Job, { kind: K }>> };

export interface WorkerOptions {
  /** With the service role. */
  client: SupabaseClient<Database>;
  handlers: Handlers;
  /** Only jobs of these kinds; all that have a handler when left out. */
  kinds?: string[];
  /** Stop after so many jobs. */
  maxJobs?: number;
  /** Milliseconds of wall clock; no job is claimed after 70 % of it. */
  timeBudgetMs: number;
  /** Jobs held at once. */
  concurrency?: number;
  leaseSeconds?: number;
  /** Stops the worker: what it holds goes back at once. */
  stopping: AbortSignal;
}

export interface WorkerReport {
  claimed: number;
  completed: number;
  retried: number;
  failed: number;
  released: number;
  /** Jobs that are due now. */
  remaining: number;
  duration_ms: number;
}

const emptyClaimsBeforeStop = 3;
const pauseAfterEmptyClaimMs = 100;

/** Claims and does jobs until none are due, the budget is spent, or `stopping` aborts; then lets go of all it holds. */
export async function runWorker(options: WorkerOptions): Promise<WorkerReport> {
  const startedAt = performance.now();
  const workerId = crypto.randomUUID();
  const { client, stopping, concurrency = 4, leaseSeconds = 45 } = options;
  const keeper = new LeaseKeeper(client, workerId, leaseSeconds);
  const report = { claimed: 0, completed: 0, retried: 0, failed: 0, released: 0, remaining: 0 };
  const working = new Set<Promise<void>>();
  const isOver = () =>
    stopping.aborted || performance.now() - startedAt > options.timeBudgetMs * 0.7 ||
    report.claimed >= (options.maxJobs ?? Infinity);

  try {
    for (let empty = 0; !isOver() && empty < emptyClaimsBeforeStop;) {
      const jobs = await claim(workerId, options, concurrency - working.size, report.claimed);
      report.claimed += jobs.length;
      for (const job of jobs) {
        const work = runJob(job, keeper, options, report).finally(() => working.delete(work));
        working.add(work);
      }
      empty = jobs.length > 0 || working.size > 0 ? 0 : empty + 1;
      if (working.size >= concurrency) await Promise.race(working);
      else if (jobs.length === 0) await pause(working);
    }
  } finally {
    await Promise.all(working);
    keeper.stop();
    report.remaining = await release(client, workerId);
  }
  return { ...report, duration_ms: Math.round(performance.now() - startedAt) };
}

/** Also gives back the jobs whose failure could not be reported, and ends a worker that could not claim. */
async function release(client: SupabaseClient<Database>, workerId: string): Promise<number> {
  return unwrap(await client.rpc("release_jobs", { p_worker_id: workerId }));
}

async function claim(
  workerId: string,
  { client, handlers, kinds, maxJobs = Infinity, leaseSeconds = 45 }: WorkerOptions,
  places: number,
  claimed: number,
): Promise<LeasedJob[]> {
  // A kind that only a newer worker knows is left for that one.
  const known = Object.keys(handlers);
  const jobs = unwrap(
    await client.rpc("claim_jobs", {
      p_worker_id: workerId,
      p_kinds: kinds?.filter((kind) => known.includes(kind)) ?? known,
      p_max_jobs: Math.min(places, maxJobs - claimed),
      p_lease_seconds: leaseSeconds,
    }),
  );
  return LeasedJob.array().parse(jobs);
}

async function pause(working: Set<Promise<void>>): Promise<void> {
  const timer = new Promise((resolve) => setTimeout(resolve, pauseAfterEmptyClaimMs));
  await Promise.race([timer, ...working]);
}

async function runJob(
  leased: LeasedJob,
  keeper: LeaseKeeper,
  { client, handlers, stopping }: WorkerOptions,
  report: Omit<WorkerReport, "duration_ms">,
): Promise<void> {
  const lease = keeper.hold(leased, stopping);
  try {
    const job = Job.parse(leased);
    const outcome = await handle(handlers, job, lease);
    if (outcome === "done") report.completed++;
    else if (outcome === "stale_input") report.retried++;
    else report.released++;
  } catch (error) {
    if (lease.signal.aborted) {
      report.released++;
      return;
    }
    const outcome = await fail(client, leased, describeFailure(error));
    if (outcome === "dead") report.failed++;
    else report.retried++;
  } finally {
    keeper.drop(leased);
  }
}

async function fail(
  client: SupabaseClient<Database>,
  { job_id, lease_token, kind }: LeasedJob,
  failure: Failure,
): Promise<string | undefined> {
  console.error(JSON.stringify({ event: "job_failed", job_id, kind, ...failure }));
  const { data, error } = await client.rpc("fail_jobs", {
    p_refs: [{ job_id, lease_token, ...failure }],
  });
  if (error) {
    console.error(JSON.stringify({ event: "report_failed", job_id, error: error.message }));
  }
  return data?.[0]?.outcome;
}

function handle(handlers: Handlers, job: Job, lease: Lease): Promise<HandlerOutcome> {
  switch (job.kind) {
    case "train_document":
      return handlers.train_document(job, lease);
    case "build_training_file":
      return handlers.build_training_file(job, lease);
    case "rebuild_training_file":
      return handlers.rebuild_training_file(job, lease);
    case "sweep_storage":
      return handlers.sweep_storage(job, lease);
  }
}
