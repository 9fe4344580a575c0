import { type BenchRow, benchRow, median } from "../bench.ts";
import type { Engine } from "./engine.ts";
import type { Engines } from "./engines.ts";
import { spreadOf } from "./spread.ts";

const runs = 3;
const jobCount = 3000;
const workers = 4;

/** How fast workers empty a queue of jobs that do nothing, beside the workers of the peers. */
export async function benchThroughput(
  { ours, peers }: Engines,
  say: (text: string) => void,
): Promise<BenchRow[]> {
  const rates = new Map<Engine, number[]>([ours, ...peers].map((engine) => [engine, []]));
  for (let run = 0; run < runs; run++) {
    for (const [engine, found] of rates) found.push(await drain(engine));
  }
  for (const [{ name }, found] of rates) say(`${name}: ${spreadOf(found)} jobs/s`);
  return peers.map((peer) =>
    benchRow({
      scenario: `empty jobs, ${workers} workers with 10 places each`,
      unit: "jobs/s",
      ours: median(rates.get(ours)!),
      peer: median(rates.get(peer)!),
      peer_name: `${peer.name}, its own workers`,
      spread: `ours ${spreadOf(rates.get(ours)!)}, peer ${spreadOf(rates.get(peer)!)}`,
      bar: { least: 1 },
    })
  );
}

async function drain(engine: Engine): Promise<number> {
  await engine.enqueue(Array.from({ length: jobCount }, () => ({})));
  const all = Promise.withResolvers<void>();
  let done = 0;
  const startedAt = performance.now();
  const running = await engine.start({
    workers,
    concurrency: 10,
    work: () => {
      if (++done === jobCount) all.resolve();
      return Promise.resolve();
    },
  });
  await all.promise;
  // A peer's worker ends when what it has done is completed; ours too.
  await running.stop();
  return jobCount / (performance.now() - startedAt) * 1000;
}
