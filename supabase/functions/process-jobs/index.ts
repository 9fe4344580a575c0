import { handle, route } from "../../../shared/http.ts";
import { createHandlers } from "../../../shared/jobs/create-handlers.ts";
import {
  cpuLimit,
  processJobs,
  ProcessJobsRequest,
  WorkerEnv,
} from "../../../shared/jobs/process-jobs.ts";
import { createLaneStart } from "../../../shared/jobs/start-lanes.ts";
import { cronKeyEnv } from "../../../shared/jobs/cron-key-env.ts";
import { parseEnv } from "../../../shared/parse-env.ts";
import { createVisionReader } from "../../../shared/providers/create-vision-reader.ts";
import { describeModels } from "../../../shared/providers/describe-models.ts";
import { createEmbedders } from "../../../shared/providers/embedders.ts";

declare const process: { cpuUsage(): { user: number; system: number } };
declare const EdgeRuntime: { waitUntil(work: Promise<unknown>): void } | undefined;

const environment = Deno.env.toObject();
const env = parseEnv(WorkerEnv, environment);
const models = {
  embedders: createEmbedders(environment),
  getReader: createVisionReader(environment),
};
const isCpuSpent = cpuLimit(env, () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
});
const startLanes = createLaneStart(env);
const stopping = new AbortController();
addEventListener("beforeunload", () => stopping.abort(new Error("the worker stops")));

export default {
  fetch: handle("process-jobs", { auth: "secret:cron", env: cronKeyEnv(environment) }, (routes) => {
    routes.post(
      "/",
      route(
        { body: ProcessJobsRequest },
        async ({ context: { supabaseAdmin: client }, body }) => {
          await startLanes(client);
          return await processJobs(body, {
            client,
            handlers: createHandlers(client, models),
            timeBudgetMs: env.JOB_TIME_BUDGET_MS,
            leaseSeconds: env.JOB_LEASE_SECONDS,
            isCpuSpent,
            stopping: stopping.signal,
          }, (work) => typeof EdgeRuntime === "undefined" || EdgeRuntime.waitUntil(work));
        },
      ),
    );
    routes.get(
      "/models",
      route({}, () => Promise.resolve({ status: 200, body: describeModels(environment) })),
    );
  }),
};
