import { z } from "zod";
import type { Answer } from "../http.ts";
import { runWorker, type WorkerOptions } from "./run-worker.ts";

/** Body of `POST /process-jobs`. */
export const ProcessJobsRequest = z.strictObject({
  max_jobs: z.int().min(1).max(10_000).optional(),
  time_budget_ms: z.int().min(100).max(400_000).optional(),
  kinds: z.array(z.string().max(100)).min(1).max(20).optional(),
  wait: z.boolean().default(false),
});
export type ProcessJobsRequest = z.output<typeof ProcessJobsRequest>;

/** Environment of the worker. */
export const WorkerEnv = z.object({
  JOB_TIME_BUDGET_MS: z.coerce.number().int().min(100).max(400_000).default(100_000),
  /** How many embedding jobs run at once in all workers together; not set, it is left to the lane. */
  EMBEDDING_MAX_CONCURRENT: z.coerce.number().int().min(1).max(1000).optional(),
  /** The same for crops that are read. */
  PASS2_MAX_CONCURRENT: z.coerce.number().int().min(1).max(1000).optional(),
  JOB_LEASE_SECONDS: z.coerce.number().int().min(1).max(3600).default(45),
  /** Set on hosted projects, whose isolates end after 2 s of CPU. */
  SB_EXECUTION_ID: z.string().optional(),
});
export type WorkerEnv = z.output<typeof WorkerEnv>;

/** Of the 2 s of CPU of a hosted isolate; the rest is for finishing what is held. */
const hostedCpuMs = 1_200;

/** Tells a worker on a hosted project when to claim nothing more; elsewhere CPU is not counted. */
export function cpuLimit(env: WorkerEnv, usedMs: () => number): () => boolean {
  return () => env.SB_EXECUTION_ID !== undefined && usedMs() > hostedCpuMs;
}

/**
 * Runs a worker: to its end when the caller waits, otherwise in the background, since whoever
 * calls through pg_net holds a transaction open until the answer.
 */
export async function processJobs(
  request: ProcessJobsRequest,
  options: WorkerOptions & { timeBudgetMs: number },
  waitUntil: (work: Promise<unknown>) => void,
): Promise<Answer> {
  const work = runWorker({
    ...options,
    kinds: request.kinds,
    maxJobs: request.max_jobs,
    timeBudgetMs: Math.min(request.time_budget_ms ?? Infinity, options.timeBudgetMs),
  });
  if (request.wait) return { status: 200, body: await work };
  waitUntil(work.catch((error) => {
    console.error(JSON.stringify({ event: "worker_failed", error: String(error) }));
  }));
  return { status: 202, body: { accepted: true } };
}
