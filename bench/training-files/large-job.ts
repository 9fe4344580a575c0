import { type BenchRow, benchRow, median } from "../bench.ts";
import { beginFile, type BenchStack, makeConversations } from "./bench-stack.ts";

interface Build {
  conversationsPerSecond: number;
  /** Resident set of the worker while it built, in MB. */
  resident: number[];
}

const sampleMs = 100;

/** A file of 10,000 conversations as a job: memory of the worker, and its speed beside that for 1,000. */
export async function benchLargeJob(
  bench: BenchStack,
  say: (text: string) => void,
): Promise<BenchRow[]> {
  const small: Build[] = [];
  for (let run = 0; run < 3; run++) {
    small.push(await build(bench, 1_000, say));
  }
  const large = await build(bench, 10_000, say);
  const quarter = Math.floor(large.resident.length / 4);
  const second = median(large.resident.slice(quarter, 2 * quarter));
  const last = median(large.resident.slice(3 * quarter));
  return [
    benchRow({
      scenario: "10,000 conversations of 3 kB as a job: peak memory of the worker",
      unit: "MB",
      ours: Math.max(...large.resident),
      peer: null,
      peer_name: "",
      bar: { most: 200 },
    }),
    benchRow({
      scenario: "the same: memory in the last quarter of the build",
      unit: "MB",
      ours: last,
      peer: second,
      peer_name: "the second quarter",
      bar: { most: 1.1 },
    }),
    benchRow({
      scenario: "the same: throughput",
      unit: "conversations/s",
      ours: large.conversationsPerSecond,
      peer: median(small.map((one) => one.conversationsPerSecond)),
      peer_name: "1,000 conversations, median of 3",
      bar: { least: 0.8 },
    }),
  ];
}

async function build(
  bench: BenchStack,
  count: number,
  say: (text: string) => void,
): Promise<Build> {
  const { database, functions } = bench.stack;
  const conversations = await makeConversations(bench, count, 3_000);
  // A worker that has built nothing yet.
  Deno.kill(await functions.pid("process-jobs"), "SIGKILL");
  await pause(1_500);
  const pid = await functions.pid("process-jobs");
  const startedAt = performance.now();
  const { version_id } = await beginFile(bench, conversations, { isQueued: true });
  const resident: number[] = [];
  for (let asked = 0;;) {
    await pause(sampleMs);
    resident.push(readResident(pid));
    if (performance.now() - asked < 1_000) continue;
    asked = performance.now();
    const [version] = await database.query<{ state: string; error: unknown }>(
      "select state, error from public.training_file_versions where id = $1",
      [version_id],
    );
    if (version?.state === "building") continue;
    if (version?.state !== "published") throw new Error("the build failed", { cause: version });
    break;
  }
  const [times] = await database.query<{ seconds: number }>(
    `select extract(epoch from finished_at - first_claimed_at)::float8 as seconds
     from private.job_history where kind = 'build_training_file' and dedupe_key = $1`,
    [version_id],
  );
  const built = { conversationsPerSecond: count / times!.seconds, resident };
  say(
    `${count} conversations in ${times!.seconds.toFixed(1)} s ` +
      `(${((performance.now() - startedAt) / 1000).toFixed(1)} s with the wait), worker at most ` +
      `${Math.max(...resident).toFixed(0)} MB`,
  );
  return built;
}

/** VmRSS of a process, in MB of 1,000,000 bytes. */
function readResident(pid: number): number {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024 / 1e6;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
