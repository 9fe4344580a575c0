import { fileURLToPath } from "node:url";

/** Starts a worker in a process of its own. */
export function startWorker(options: {
  url: string;
  lane: string;
  leaseSeconds: number;
  concurrency: number;
  workMs: number;
}): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--node-modules-dir=manual",
      "--cached-only",
      fileURLToPath(new URL("worker-process.ts", import.meta.url)),
      JSON.stringify(options),
    ],
    stdin: "null",
    stdout: "inherit",
    stderr: "inherit",
  }).spawn();
}
