import postgres from "postgres";
import { type BenchRow, benchRow, median } from "../bench.ts";
import { clearQueues, fillJobs, makeLane, makeOrganization } from "./fill.ts";
import type { JobServer } from "./job-server.ts";
import { spreadOf } from "./spread.ts";
import { completeJobs, pause, runSqlWorker } from "./sql-worker.ts";

const runs = 7;
const workers = 4;

/** Ten jobs of one organisation, alone and behind a hundred thousand of another. */
export async function benchFairness(
  { url, sql }: JobServer,
  say: (text: string) => void,
): Promise<BenchRow> {
  const large = await makeOrganization(sql);
  const small = await makeOrganization(sql);
  const alone: number[] = [];
  const behind: number[] = [];
  await clearQueues(sql);
  await fillJobs(sql, { count: 100_000, orgId: large });
  await sql`vacuum (analyze) private.jobs`;
  // By turns, so that both have the same machine. The second lane is the first without the others.
  await makeLane(sql, "bench-alone");
  for (let run = 0; run < runs; run++) {
    alone.push(await finishTen(url, sql, small, "bench-alone"));
    behind.push(await finishTen(url, sql, small, "bench"));
  }
  await clearQueues(sql);
  say(`ten jobs: alone ${spreadOf(alone)} ms, behind 100,000 ${spreadOf(behind)} ms`);
  return benchRow({
    scenario: "ten jobs of one organisation behind 100,000 of another, 20 ms of work each",
    unit: "ms",
    ours: median(behind),
    peer: median(alone),
    peer_name: "the ten alone",
    spread: spreadOf(behind),
    bar: { most: 2 },
  });
}

/** Milliseconds from their enqueue until all ten are done, with workers that are at work already. */
async function finishTen(
  url: string,
  sql: postgres.Sql,
  orgId: string,
  lane: string,
): Promise<number> {
  const stopping = new AbortController();
  const all = Promise.withResolvers<void>();
  let left = 10;
  const connections = Array.from({ length: workers }, () => postgres(url, { max: 1 }));
  const running = connections.map((own) =>
    runSqlWorker(own, {
      lane,
      concurrency: 4,
      stopping: stopping.signal,
      work: async (job) => {
        await pause(20);
        await completeJobs(own, [job]);
        if (job.org_id === orgId && --left === 0) all.resolve();
      },
    })
  );
  await pause(500);
  const startedAt = performance.now();
  await fillJobs(sql, { count: 10, orgId, lane });
  await all.promise;
  const took = performance.now() - startedAt;
  stopping.abort();
  await Promise.all(running);
  await Promise.all(connections.map((own) => own.end()));
  return took;
}
