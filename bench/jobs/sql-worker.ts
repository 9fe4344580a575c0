import postgres from "postgres";

/** A job that a worker holds. */
export interface HeldJob {
  job_id: string;
  lease_token: string;
  org_id: string | null;
  kind: string;
  attempt: number;
  payload: Record<string, unknown>;
}

/** How a worker of the bench works. */
export interface SqlWorkerOptions {
  lane: string;
  /** Jobs held at once. */
  concurrency: number;
  leaseSeconds?: number;
  /** Longest time between two looks for work, in milliseconds. */
  idleMs?: number;
  stopping: AbortSignal;
  /** Does one job, to its completion or deferral. */
  work: (job: HeldJob) => Promise<void>;
}

/** Completes jobs that have no result to apply. */
export async function completeJobs(sql: postgres.Sql, jobs: HeldJob[]): Promise<void> {
  const refs = jobs.map(({ job_id, lease_token }) => ({ job_id, lease_token }));
  await sql`select count(*) from private.complete_jobs(${sql.json(refs)})`;
}

/**
 * A long-lived worker in its smallest form, over SQL as its peers': claims as soon as it has a free
 * place, beats every third of a lease, and releases what it holds when it is stopped.
 */
export async function runSqlWorker(
  sql: postgres.Sql,
  { lane, concurrency, leaseSeconds = 45, idleMs = 50, stopping, work }: SqlWorkerOptions,
): Promise<void> {
  const workerId = crypto.randomUUID();
  const held = new Map<HeldJob, Promise<void>>();
  const beat = setInterval(async () => {
    const refs = [...held.keys()].map(({ job_id, lease_token }) => ({ job_id, lease_token }));
    await sql`
      select count(*) from private.heartbeat_jobs(${workerId}, ${sql.json(refs)}, ${leaseSeconds})`
      .catch(() => undefined);
  }, leaseSeconds * 1000 / 3);
  try {
    while (!stopping.aborted) {
      const jobs = await sql<HeldJob[]>`
        select job_id, lease_token, org_id, kind, attempt, payload
        from private.claim_jobs(
          ${workerId}, null, ${concurrency - held.size}, ${leaseSeconds}, ${[lane]}
        )`;
      for (const job of jobs) held.set(job, work(job).finally(() => held.delete(job)));
      if (held.size === concurrency) await Promise.race(held.values());
      else if (jobs.length === 0) await Promise.race([pause(idleMs), ...held.values()]);
    }
  } finally {
    await Promise.allSettled(held.values());
    clearInterval(beat);
    await sql`select private.release_jobs(${workerId})`;
  }
}

/** Resolves after so many milliseconds. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
