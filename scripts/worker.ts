import { createClient } from "@supabase/supabase-js";
import { parseArgs } from "node:util";
import { z } from "zod";
import type { Database } from "../shared/database.types.ts";
import { createHandlers } from "../shared/jobs/create-handlers.ts";
import { WorkerEnv } from "../shared/jobs/process-jobs.ts";
import { runWorker } from "../shared/jobs/run-worker.ts";
import { parseEnv } from "../shared/parse-env.ts";
import { createEmbedder } from "../shared/providers/create-embedder.ts";

const help = `Usage: npm run worker -- [options]

Does jobs until it is stopped: the worker of the function process-jobs as a process of its own.
While one runs, cron and enqueues call the function only for what it does not manage.

  --concurrency N   jobs held at once (default 4)
  --help            show this

Environment: SUPABASE_URL, SUPABASE_SECRET_KEY, and that of the function process-jobs
(EMBEDDING_*, JOB_LEASE_SECONDS). SIGTERM and SIGINT give back at once what it holds.`;

const Connection = z.object({ SUPABASE_URL: z.url(), SUPABASE_SECRET_KEY: z.string().min(1) });

const { values: options } = parseArgs({
  options: {
    concurrency: { type: "string", default: "4" },
    help: { type: "boolean", default: false },
  },
});
if (options.help) {
  console.log(help);
  Deno.exit(0);
}

const environment = Deno.env.toObject();
const { SUPABASE_URL, SUPABASE_SECRET_KEY } = parseEnv(Connection, environment);
const env = parseEnv(WorkerEnv, environment);
const concurrency = z.coerce.number().int().min(1).max(100).parse(options.concurrency);
const client = createClient<Database>(SUPABASE_URL, SUPABASE_SECRET_KEY, {
  auth: { persistSession: false, autoRefreshToken: false },
});
const stopping = new AbortController();
for (const signal of ["SIGTERM", "SIGINT"] as const) {
  Deno.addSignalListener(signal, () => stopping.abort(new Error("the worker stops")));
}

for (let failures = 0; !stopping.signal.aborted;) {
  try {
    const report = await runWorker({
      client,
      handlers: createHandlers(client, createEmbedder(environment)),
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
    await new Promise((resolve) => setTimeout(resolve, Math.min(30_000, 1000 * 2 ** failures++)));
  }
}
Deno.exit(0);
