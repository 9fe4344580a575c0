import postgres from "postgres";
import type { Engine } from "./engine.ts";
import { completeJobs, type HeldJob, runSqlWorker } from "./sql-worker.ts";

/**
 * Ours, over SQL. Jobs whose work ends in one turn of the event loop are completed in one call, as
 * the worker does it.
 */
export function createMaestroEngine(url: string, sql: postgres.Sql): Engine {
  return {
    name: "maestro",
    enqueue: async (payloads) => {
      const jobs = payloads.map((payload) => ({
        lane: "bench",
        kind: "bench",
        dedupe_key: crypto.randomUUID(),
        payload: payload as postgres.JSONValue,
      }));
      await sql`select count(*) from private.enqueue_jobs(${sql.json(jobs)})`;
    },
    start: ({ workers, concurrency, work }) => {
      const stopping = new AbortController();
      const running = Array.from({ length: workers }, async () => {
        const own = postgres(url, { max: 1 });
        const complete = batchCompletions(own);
        await runSqlWorker(own, {
          lane: "bench",
          concurrency,
          stopping: stopping.signal,
          work: async (job) => {
            await work(job.payload);
            await complete(job);
          },
        });
        await own.end();
      });
      return Promise.resolve({
        stop: async () => {
          stopping.abort();
          await Promise.all(running);
        },
      });
    },
  };
}

function batchCompletions(sql: postgres.Sql): (job: HeldJob) => Promise<void> {
  let batch: { jobs: HeldJob[]; done: Promise<void> } | null = null;
  return (job) => {
    if (batch) batch.jobs.push(job);
    else {
      const own = { jobs: [job], done: Promise.resolve() };
      own.done = new Promise<void>((resolve) => setTimeout(resolve)).then(() => {
        batch = null;
        return completeJobs(sql, own.jobs);
      });
      batch = own;
    }
    return batch.done;
  };
}
