import postgres from "postgres";
import { z } from "zod";
import { completeJobs, pause, runSqlWorker } from "./sql-worker.ts";
import { trainDocument } from "./train-document.ts";

/** A worker in a process of its own, which the bench can kill and stop. */
const Options = z.object({
  url: z.string(),
  lane: z.string(),
  leaseSeconds: z.number(),
  concurrency: z.number(),
  workMs: z.number(),
});

const { url, workMs, ...options } = Options.parse(JSON.parse(Deno.args[0] ?? "{}"));
const sql = postgres(url, { max: 4 });
const stopping = new AbortController();
Deno.addSignalListener("SIGTERM", () => stopping.abort());
await runSqlWorker(sql, {
  ...options,
  stopping: stopping.signal,
  work: async (job) => {
    if (job.kind === "train_document") return await trainDocument(sql, job, workMs);
    await pause(workMs);
    await completeJobs(sql, [job]);
  },
});
await sql.end();
