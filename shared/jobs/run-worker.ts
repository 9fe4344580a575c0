import type { SupabaseClient } from "@supabase/supabase-js";
import type { Database } from "../database.types.ts";
import { ApiError } from "../errors.ts";
import { unwrap } from "../unwrap.ts";
import type { Handlers } from "./handler.ts";
import { LeasedJob } from "./job.ts";
import { LeaseKeeper } from "./lease-keeper.ts";
import { type AttemptOutcome, runJob } from "./run-job.ts";
import { TimeLimitError } from "./time-limit-error.ts";
import { type Move, WorkerPlaces } from "./worker-places.ts";

export interface WorkerOptions {
  /** With the service role. */
  client: SupabaseClient<Database>;
  handlers: Handlers;
  /** Only jobs of these kinds; all that have a handler when left out. */
  kinds?: string[];
  /** Stop after so many jobs. */
  maxJobs?: number;
  /**
   * Milliseconds of wall clock: no job is claimed after 70 % of it, and what still runs after four
   * times as long is stopped and counts as a failed attempt. None for a worker that waits for work.
   */
  timeBudgetMs: number | null;
  /** Whether the worker has used as much CPU as it may: then it claims nothing more. */
  isCpuSpent?: () => boolean;
  /** Jobs held at once. */
  concurrency?: number;
  leaseSeconds?: number;
  /** Stops the worker: what it holds goes back at once. */
  stopping: AbortSignal;
}

export interface WorkerReport extends Record<AttemptOutcome, number> {
  claimed: number;
  /** Jobs that are due now. */
  remaining: number;
  duration_ms: number;
}

const emptyClaimsBeforeStop = 3;

/** Of the default budget of 100 s, the 400 s that a hosted function may run at the most. */
const budgetsBeforeStop = 4;
const pauseMs = { stopping: 100, waiting: 200 };

/**
 * Claims and does jobs, then lets go of all that it holds: until none are due, the budget is spent,
 * an operator drains it, or `stopping` aborts. Without a time budget it waits when none are due.
 */
export async function runWorker(options: WorkerOptions): Promise<WorkerReport> {
  const startedAt = performance.now();
  const workerId = crypto.randomUUID();
  const { client, timeBudgetMs, concurrency = 4, leaseSeconds = 45 } = options;
  const keeper = new LeaseKeeper(client, workerId, leaseSeconds);
  const counts = { claimed: 0, completed: 0, retried: 0, failed: 0, released: 0 };
  const places = new WorkerPlaces(concurrency);
  const over = new AbortController();
  const timer = timeBudgetMs === null
    ? undefined
    : setTimeout(() => over.abort(new TimeLimitError()), timeBudgetMs * budgetsBeforeStop);
  const ending = AbortSignal.any([options.stopping, over.signal]);
  const claimMsLeft = () => (timeBudgetMs ?? Infinity) * 0.7 - (performance.now() - startedAt);
  const mayClaim = () =>
    !ending.aborted && !options.isCpuSpent?.() && counts.claimed < (options.maxJobs ?? Infinity) &&
    claimMsLeft() >= 0;
  const start = (job: LeasedJob) => {
    const { job_id, lease_token } = job;
    const lease = keeper.hold(
      job,
      ending,
      (lane, token_count) => places.leave(work, { job_id, lease_token, lane, token_count }),
    );
    // A step later: by then the work has the place that it may leave.
    const work = Promise.resolve()
      .then(() => runJob(client, options.handlers, job, lease))
      .then((outcome) => void counts[outcome]++)
      .finally(() => keeper.drop(job));
    places.hold(work);
  };
  let remaining = 0;

  try {
    for (let empty = 0; mayClaim() && (timeBudgetMs === null || empty < emptyClaimsBeforeStop);) {
      const change = places.change();
      const wanted = Math.min(places.free, (options.maxJobs ?? Infinity) - counts.claimed);
      const jobs = await claim(workerId, options, wanted, places.takeMoves());
      if (jobs === "draining") break;
      counts.claimed += jobs.length;
      jobs.forEach(start);
      places.settleMoves();
      empty = jobs.length > 0 || !places.isIdle ? 0 : empty + 1;
      // There is no more for now: the next comes with a place that is freed here, or with time.
      if (jobs.length === wanted) {
        await (timeBudgetMs === null ? change : pause(claimMsLeft() + 1, change, ending));
      } else {
        const ms = timeBudgetMs !== null && places.isIdle ? pauseMs.stopping : pauseMs.waiting;
        await pause(ms, change, ending);
      }
    }
    // Else it would count as one who takes what is enqueued while its last jobs go on, for minutes.
    if (!ending.aborted && !places.isIdle) {
      await client.rpc("drain_workers", { p_worker_id: workerId });
    }
  } finally {
    await places.close();
    clearTimeout(timer);
    keeper.stop();
    // Also gives back the jobs whose end could not be reported, and ends a worker that could not claim.
    remaining = unwrap(await client.rpc("release_jobs", { p_worker_id: workerId }));
  }
  return { ...counts, remaining, duration_ms: Math.round(performance.now() - startedAt) };
}

async function claim(
  workerId: string,
  { client, handlers, kinds, leaseSeconds = 45 }: WorkerOptions,
  wanted: number,
  moves: Move[],
): Promise<LeasedJob[] | "draining"> {
  // A kind that only a newer worker knows is left for that one.
  const known = Object.keys(handlers);
  const answer = await client.rpc("claim_jobs", {
    p_worker_id: workerId,
    p_kinds: kinds?.filter((kind) => known.includes(kind)) ?? known,
    p_max_jobs: wanted,
    p_lease_seconds: leaseSeconds,
    ...(moves.length > 0 && { p_moves: moves }),
  });
  try {
    return LeasedJob.array().parse(unwrap(answer));
  } catch (error) {
    if (error instanceof ApiError && error.code === "WORKER_DRAINING") return "draining";
    throw error;
  }
}

async function pause(ms: number, change: Promise<void>, ending: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  const stop = () => resolve();
  ending.addEventListener("abort", stop);
  await Promise.race([promise, change]);
  ending.removeEventListener("abort", stop);
  clearTimeout(timer);
}
