import type postgres from "postgres";
import { type BenchRow, benchRow, median } from "../bench.ts";
import { fillJobs, makeLane } from "./fill.ts";
import type { JobServer } from "./job-server.ts";
import { spreadOf } from "./spread.ts";
import { pause } from "./sql-worker.ts";
import { startWorker } from "./start-worker.ts";

const runs = 3;
const leaseSeconds = 3;
const lane = "bench-killed";

/** Kills a worker that holds jobs, with another one alive, and waits until every job is done. */
export async function benchKilled(
  { url, sql }: JobServer,
  say: (text: string) => void,
): Promise<BenchRow> {
  await makeLane(sql, lane);
  const times: number[] = [];
  for (let run = 0; run < runs; run++) times.push(await killOne(url, sql));
  say(`killed worker: all done after ${spreadOf(times)} s`);
  return benchRow({
    scenario:
      `SIGKILL of a worker that holds ten jobs, lease ${leaseSeconds} s, another alive: all done`,
    unit: "s",
    ours: median(times),
    peer: null,
    peer_name: "not measured; by default pg-boss 900 s, graphile-worker 14,400 s",
    spread: spreadOf(times),
    bar: { most: leaseSeconds + 2 },
  });
}

async function killOne(url: string, sql: postgres.Sql): Promise<number> {
  const options = { url, lane, leaseSeconds, concurrency: 10 };
  // It never ends what it holds.
  const victim = startWorker({ ...options, workMs: 600_000 });
  await fillJobs(sql, { count: 10, lane });
  await until(sql, (held) => held === 10);
  const survivor = startWorker({ ...options, workMs: 50 });
  // Its leases have just been extended, or are about to be.
  await pause(1500);
  await fillJobs(sql, { count: 20, lane });
  const killedAt = performance.now();
  victim.kill("SIGKILL");
  await until(sql, (_, open) => open === 0);
  const took = (performance.now() - killedAt) / 1000;
  survivor.kill("SIGTERM");
  await Promise.all([victim.status, survivor.status]);
  return took;
}

async function until(
  sql: postgres.Sql,
  isReached: (held: number, open: number) => boolean,
): Promise<void> {
  const deadline = performance.now() + 30_000;
  while (performance.now() < deadline) {
    const [found] = await sql<{ held: number; open: number }[]>`
      select count(lease_token)::integer as held, count(*)::integer as open
      from private.jobs where lane = ${lane}`;
    if (isReached(found!.held, found!.open)) return;
    await pause(50);
  }
  throw new Error("the jobs of a killed worker are not done");
}
