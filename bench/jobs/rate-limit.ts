import postgres from "postgres";
import { type BenchRow, benchRow } from "../bench.ts";
import { fillJobs } from "./fill.ts";
import type { JobServer } from "./job-server.ts";
import { createLimitedProvider, type LimitedProvider } from "./limited-provider.ts";
import { completeJobs, type HeldJob, pause, runSqlWorker } from "./sql-worker.ts";

const lane = "bench-limited";
const perMinute = 600;
const storm = { from: 60_000, to: 90_000 };
const totalMs = 180_000;

/**
 * A provider that allows 60 requests a minute and refuses all for five minutes, ten times as fast:
 * 600 a minute, and a storm of 30 s. Its minute stays a minute.
 */
export async function benchRateLimit(
  { url, sql }: JobServer,
  say: (text: string) => void,
): Promise<BenchRow[]> {
  await sql`
    insert into private.lanes (lane, max_in_flight, requests_per_minute)
    values (${lane}, 8, ${perMinute})`;
  await fillJobs(sql, { count: 2000, lane });
  const provider = createLimitedProvider({ perMinute, storm });
  const stopping = AbortSignal.timeout(totalMs);
  await Promise.all(Array.from({ length: 4 }, async () => {
    const own = postgres(url, { max: 1 });
    await runSqlWorker(own, {
      lane,
      concurrency: 2,
      stopping,
      work: (job) => callProvider(own, provider, job),
    });
    await own.end();
  }));

  const { accepted, refused } = provider;
  const [dead] = await sql<{ count: number }[]>`
    select count(*)::integer from private.job_history where lane = ${lane} and outcome = 'dead'`;
  await sql`delete from private.jobs where lane = ${lane}`;
  const allowed = perMinute / 60 * (totalMs - (storm.to - storm.from)) / 1000;
  const late = { accepted: countAfter(accepted, 60_000), refused: countAfter(refused, 60_000) };
  say(`limited provider: ${accepted.length} of ${allowed} calls used, ${refused.length} refused`);
  const scenario =
    `provider allows ${perMinute} a minute, 30 s of 429 (60 and 5 min, ten times as fast)`;
  const common = { peer: null, peer_name: "none of the peers knows a provider's limit" };
  return [
    benchRow({
      scenario: `${scenario}: dead jobs`,
      unit: "jobs",
      ours: dead!.count,
      ...common,
      bar: { most: 0 },
    }),
    benchRow({
      scenario: `${scenario}: allowed rate used`,
      unit: "%",
      ours: accepted.length / allowed * 100,
      ...common,
      bar: { least: 90 },
    }),
    benchRow({
      scenario: `${scenario}: calls refused after the first minute`,
      unit: "%",
      ours: late.refused / (late.accepted + late.refused) * 100,
      ...common,
      bar: { most: 2 },
    }),
  ];
}

async function callProvider(
  sql: postgres.Sql,
  provider: LimitedProvider,
  job: HeldJob,
): Promise<void> {
  await pause(40);
  const retryAfter = provider.call();
  if (retryAfter === null) return await completeJobs(sql, [job]);
  const { job_id, lease_token } = job;
  const ref = { job_id, lease_token, code: "PROVIDER_RATE_LIMITED", message: "429" };
  await sql`select count(*) from private.defer_jobs(${sql.json([ref])}, ${retryAfter})`;
}

function countAfter(times: number[], from: number): number {
  return times.filter((time) => time >= from).length;
}
