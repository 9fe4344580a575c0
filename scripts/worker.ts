import { createClient } from "@supabase/supabase-js";
import { z } from "zod";
import type { Database } from "../shared/database.types.ts";
import { createHandlers } from "../shared/jobs/create-handlers.ts";
import { WorkerEnv } from "../shared/jobs/process-jobs.ts";
import { createLaneStart } from "../shared/jobs/start-lanes.ts";
import { runWorker } from "../shared/jobs/run-worker.ts";
import { parseEnv } from "../shared/parse-env.ts";
import { createVisionReader } from "../shared/providers/create-vision-reader.ts";
import { createEmbedders } from "../shared/providers/embedders.ts";
import { failUsage } from "./support/fail-usage.ts";
import { readCommandLine } from "./support/read-command-line.ts";
import { timedFetch } from "./support/timed-fetch.ts";

const help = `Usage: npm run worker -- [options]

Does jobs until it is stopped: the worker of the function process-jobs as a process of its own.
While one runs, cron and enqueues call the function only for what it does not manage.

  --concurrency N   jobs held at once (default 4)
  --help            show this

Environment: SUPABASE_URL, SUPABASE_SECRET_KEY, and that of the function process-jobs
(EMBEDDING_*, PASS2_*, JOB_LEASE_SECONDS). SIGTERM and SIGINT give back at once what it holds.`;

/** The longest that a call of the project may take, a download included. */
const requestMs = 30_000;
/** What remains then of a worker that was told to stop is left to its leases. */
const stopMs = 8_000;

const Concurrency = z.coerce.number().int().min(1).max(100);
const Connection = z.object({ SUPABASE_URL: z.url(), SUPABASE_SECRET_KEY: z.string().min(1) });

const { values } = readCommandLine(help, { concurrency: { type: "string", default: "4" } });
const concurrency = Concurrency.safeParse(values.concurrency).data;
if (concurrency === undefined) failUsage(help, "--concurrency is 1 to 100");

const environment = Deno.env.toObject();
const { SUPABASE_URL, SUPABASE_SECRET_KEY } = parseEnv(Connection, environment);
const env = parseEnv(WorkerEnv, environment);
const client = createClient<Database>(SUPABASE_URL, SUPABASE_SECRET_KEY, {
  auth: { persistSession: false, autoRefreshToken: false },
  global: { fetch: timedFetch(requestMs) },
});
const startLanes = createLaneStart(env);
const stopping = new AbortController();
for (const signal of ["SIGTERM", "SIGINT"] as const) {
  Deno.addSignalListener(signal, () => {
    stopping.abort(new Error("the worker stops"));
    setTimeout(() => Deno.exit(1), stopMs);
  });
}

/** Waits so many milliseconds, or until the worker is stopped. */
async function pause(ms: number): Promise<void> {
  if (stopping.signal.aborted) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  stopping.signal.addEventListener("abort", () => resolve());
  await promise;
  clearTimeout(timer);
}

for (let failures = 0; !stopping.signal.aborted;) {
  const startedAt = performance.now();
  try {
    await startLanes(client);
    const report = await runWorker({
      client,
      handlers: createHandlers(client, {
        embedders: createEmbedders(environment),
        getReader: createVisionReader(environment),
      }),
      timeBudgetMs: null,
      leaseSeconds: env.JOB_LEASE_SECONDS,
      concurrency,
      stopping: stopping.signal,
    });
    console.log(JSON.stringify({ event: "worker_ended", ...report }));
    break;
  } catch (error) {
    // The database is away: what was held comes back when its leases end.
    console.error(JSON.stringify({ event: "worker_failed", error: String(error) }));
    failures = performance.now() - startedAt > 60_000 ? 0 : failures + 1;
    await pause(Math.min(30_000, 500 * 2 ** failures));
  }
}
Deno.exit(0);
