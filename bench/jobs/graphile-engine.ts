import { Logger, makeWorkerUtils, run } from "graphile-worker";
import type { Engine } from "./engine.ts";

const addJobs = `
  select count(*) from graphile_worker.add_jobs(array(
    select json_populate_record(
      null::graphile_worker.job_spec, json_build_object('identifier', 'bench', 'payload', payload)
    )
    from json_array_elements($1::json) as payload
  ))`;

/** graphile-worker with its defaults: LISTEN/NOTIFY, and a poll every two seconds. */
export async function createGraphileEngine(
  url: string,
): Promise<Engine & { close(): Promise<void> }> {
  const options = { connectionString: url, logger: new Logger(() => () => undefined) };
  const utils = await makeWorkerUtils(options);
  await utils.migrate();
  return {
    name: "graphile-worker 0.16.6",
    enqueue: async (payloads) => {
      await utils.withPgClient((client) => client.query(addJobs, [JSON.stringify(payloads)]));
    },
    start: async ({ workers, concurrency, work }) => {
      const runners = await Promise.all(
        Array.from({ length: workers }, () =>
          run({
            ...options,
            concurrency,
            noHandleSignals: true,
            crontab: "",
            taskList: { bench: (payload) => work(payload as Record<string, unknown>) },
          })),
      );
      return {
        stop: async () => void await Promise.all(runners.map((runner) => runner.stop())),
      };
    },
    close: async () => await utils.release(),
  };
}
