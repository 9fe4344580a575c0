import type postgres from "postgres";
import { type BenchRow, benchRow, median } from "../bench.ts";
import { clearQueues, fillJobs } from "./fill.ts";
import type { JobServer } from "./job-server.ts";
import { spreadOf } from "./spread.ts";

const claims = 100;

/** How long a claim takes with a hundred thousand jobs before it that are not due. */
export async function benchDelayed(
  { sql }: JobServer,
  say: (text: string) => void,
): Promise<BenchRow> {
  await clearQueues(sql);
  const empty = await measureClaims(sql);
  await fillJobs(sql, { count: 100_000, delay: 86_400 });
  await sql`vacuum (analyze) private.jobs`;
  const delayed = await measureClaims(sql);
  await clearQueues(sql);
  say(`claim: empty ${spreadOf(empty)} ms, with delayed jobs ${spreadOf(delayed)} ms`);
  return benchRow({
    scenario: "claim of ten jobs with 100,000 delayed ones in front",
    unit: "ms",
    ours: median(delayed),
    peer: median(empty),
    peer_name: "without them",
    spread: spreadOf(delayed),
    bar: { most: 2 },
  });
}

/** On one connection, which has its plans already. */
async function measureClaims(sql: postgres.Sql): Promise<number[]> {
  const own = await sql.reserve();
  const times: number[] = [];
  for (let claim = -10; claim < claims; claim++) {
    await fillJobs(sql, { count: 10 });
    const startedAt = performance.now();
    const jobs = await own`select job_id, lease_token from private.claim_jobs('bench')`;
    if (claim >= 0) times.push(performance.now() - startedAt);
    await own`select count(*) from private.complete_jobs(${own.json([...jobs])})`;
  }
  own.release();
  return times;
}
