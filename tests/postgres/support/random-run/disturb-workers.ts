import type { Workers } from "./workers.ts";

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** What was done to a worker; null for nothing. */
export type Disturbance = "SIGKILL" | "SIGSTOP" | "SIGTERM" | null;

/** Kills one of the workers, stops it for longer than its lease, ends it, or leaves both alone. */
export async function disturbWorkers(
  workers: Workers,
  leaseSeconds: number,
  random: () => number,
): Promise<Disturbance> {
  const dice = random();
  const which = random() < 0.5 ? "function" as const : "process" as const;
  if (dice < 0.5) {
    await workers.signal(which, "SIGKILL");
    return "SIGKILL";
  }
  if (dice < 0.65) {
    await workers.signal(which, "SIGSTOP");
    await sleep((leaseSeconds + 1) * 1000);
    await workers.signal(which, "SIGCONT");
    return "SIGSTOP";
  }
  if (dice >= 0.7) return null;
  await workers.signal(which, "SIGTERM");
  return "SIGTERM";
}
