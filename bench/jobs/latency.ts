import type postgres from "postgres";
import { type BenchRow, benchRow, median } from "../bench.ts";
import type { Engine } from "./engine.ts";
import type { Engines } from "./engines.ts";
import { percentile, spreadOf } from "./spread.ts";
import { pause } from "./sql-worker.ts";

const runs = 3;
const jobsASecond = 200;
const seconds = 5;
const workMs = 50;

interface Latency {
  p50: number[];
  p99: number[];
}

/** From enqueue to the effect committed, under a steady load, beside the peers. */
export async function benchLatency(
  sql: postgres.Sql,
  { ours, peers }: Engines,
  say: (text: string) => void,
): Promise<BenchRow[]> {
  await sql`create table public.bench_effects (id bigint generated always as identity)`;
  const found = new Map<Engine, Latency>(
    [ours, ...peers].map((engine) => [engine, { p50: [], p99: [] }]),
  );
  for (let run = 0; run < runs; run++) {
    for (const [engine, { p50, p99 }] of found) {
      const times = await measure(sql, engine);
      p50.push(percentile(times, 50));
      p99.push(percentile(times, 99));
    }
  }
  for (const [{ name }, { p50, p99 }] of found) {
    say(`${name}: p50 ${spreadOf(p50)}, p99 ${spreadOf(p99)}`);
  }
  const mine = found.get(ours)!;
  return peers.flatMap((peer) =>
    ([["p50", 100], ["p99", 250]] as const).map(([which, most]) =>
      benchRow({
        scenario:
          `enqueue to effect at ${jobsASecond} jobs/s, 4 workers, ${workMs} ms of work: ${which}`,
        unit: "ms",
        ours: median(mine[which]),
        peer: median(found.get(peer)![which]),
        peer_name: peer.name,
        spread: `ours ${spreadOf(mine[which])}`,
        bar: { most, of: "ours" },
      })
    )
  );
}

async function measure(sql: postgres.Sql, engine: Engine): Promise<number[]> {
  const times: number[] = [];
  const running = await engine.start({
    workers: 4,
    concurrency: 6,
    work: async ({ sentAt }) => {
      await pause(workMs);
      await sql`insert into public.bench_effects default values`;
      times.push(Date.now() - Number(sentAt));
    },
  });
  // The first jobs find connections and plans that are not there yet.
  await engine.enqueue([{ sentAt: Date.now() }, { sentAt: Date.now() }]);
  await pause(500);
  times.length = 0;
  const count = jobsASecond * seconds;
  const startedAt = performance.now();
  for (let sent = 0; sent < count; sent++) {
    await pause(Math.max(0, startedAt + sent * 1000 / jobsASecond - performance.now()));
    engine.enqueue([{ sentAt: Date.now() }]).catch(() => times.push(Infinity));
  }
  const deadline = performance.now() + 20_000;
  while (times.length < count && performance.now() < deadline) await pause(20);
  await running.stop();
  if (times.length < count) throw new Error(`${engine.name} has left jobs undone`);
  return times;
}
