import { fileURLToPath } from "node:url";
import { type CrashableStack, providersOf } from "./stack.ts";

const repository = new URL("../../../../", import.meta.url);

/** The workers of a run: the edge function, and a process of `npm run worker`. */
export interface Workers extends AsyncDisposable {
  /** Sends a signal to one of them; the process is started again when it has ended. */
  signal(which: "function" | "process", signal: Deno.Signal): Promise<void>;
}

/** Starts the process beside the stack, whose function is there already. */
export function startWorkers(stack: CrashableStack, leaseSeconds: number): Workers {
  let isOver = false;
  const start = () => {
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--node-modules-dir=manual", "scripts/worker.ts"],
      cwd: fileURLToPath(repository),
      env: {
        SUPABASE_URL: stack.address.url,
        SUPABASE_SECRET_KEY: stack.address.secretKey,
        ...providersOf(stack),
        JOB_LEASE_SECONDS: `${leaseSeconds}`,
      },
      stdout: "null",
      stderr: "null",
    }).spawn();
    child.status.then(() => {
      if (!isOver) running = start();
    });
    return child;
  };
  let running = start();
  return {
    signal: async (which, signal) => {
      if (which === "process") running.kill(signal);
      else Deno.kill(await stack.functionPid("process-jobs"), signal);
    },
    [Symbol.asyncDispose]: async () => {
      isOver = true;
      running.kill("SIGKILL");
      await running.status;
    },
  };
}
