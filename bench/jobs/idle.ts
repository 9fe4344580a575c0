import { type Stack, startStack } from "../../local/stack.ts";
import { type BenchRow, benchRow, median } from "../bench.ts";
import type { Engines } from "./engines.ts";
import type { JobServer } from "./job-server.ts";
import { spreadOf } from "./spread.ts";
import { pause } from "./sql-worker.ts";

const runs = 5;
const idleSeconds = 30;

/** The whole stack on a database of its own: how it starts from idle, and what idling costs. */
export async function benchIdle(
  { url, sql }: JobServer,
  { peers }: Engines,
  say: (text: string) => void,
): Promise<BenchRow[]> {
  const name = `maestro_idle_${crypto.randomUUID().slice(0, 8)}`;
  await sql.unsafe(`create database ${name}`);
  const databaseUrl = Object.assign(new URL(url), { pathname: `/${name}` }).href;
  const stack = await startStack({
    port: 0,
    data: null,
    databaseUrl,
    cron: true,
    // So rarely that it cannot be the tick that starts the worker.
    env: { JOB_TICK_SECONDS: "59" },
  });
  try {
    return [await benchWakeUp(stack, peers, say), ...await benchIdling(stack, say)];
  } finally {
    await stack.stop();
    await sql.unsafe(`drop database ${name} with (force)`);
  }
}

async function benchWakeUp(
  { database }: Stack,
  [peer]: Engines["peers"],
  say: (text: string) => void,
): Promise<BenchRow> {
  const times: number[] = [];
  for (let run = 0; run <= runs; run++) {
    await database.query(
      `select * from private.enqueue_jobs(jsonb_build_array(jsonb_build_object(
         'lane', 'storage', 'kind', 'sweep_storage', 'dedupe_key', $1::text)))`,
      [crypto.randomUUID()],
    );
    for (let ms: number | null = null; ms === null; await pause(50)) {
      ms = await findEnd(database);
      // The first one also starts the function.
      if (ms !== null && run > 0) times.push(ms);
    }
  }
  const peerTimes = await wakePeer(peer!);
  say(`wake-up: ours ${spreadOf(times)} ms, ${peer!.name} ${spreadOf(peerTimes)} ms`);
  return benchRow({
    scenario: "start from idle by wake-up, tick every 59 s: enqueue to claim, no worker running",
    unit: "ms",
    ours: median(times),
    peer: median(peerTimes),
    peer_name: `${peer!.name}, in a process that always runs`,
    spread: spreadOf(times),
    bar: { most: 1000, of: "ours" },
  });
}

/** Milliseconds to the claim of the only job, once it has ended and its worker has gone. */
async function findEnd(database: Stack["database"]): Promise<number | null> {
  const [found] = await database.query<{ ms: number }>(
    `with gone as (
       delete from private.job_history as past
       where past.kind = 'sweep_storage' and not exists (select from private.workers)
       returning past.created_at, past.first_claimed_at
     )
     select extract(epoch from gone.first_claimed_at - gone.created_at)::double precision * 1000 as ms
     from gone`,
  );
  return found?.ms ?? null;
}

async function wakePeer(peer: Engines["peers"][number]): Promise<number[]> {
  let ended = Promise.withResolvers<void>();
  const running = await peer.start({
    workers: 1,
    concurrency: 1,
    work: () => Promise.resolve(ended.resolve()),
  });
  const times: number[] = [];
  for (let run = 0; run <= runs; run++) {
    await pause(300);
    ended = Promise.withResolvers();
    const startedAt = performance.now();
    await peer.enqueue([{}]);
    await ended.promise;
    if (run > 0) times.push(performance.now() - startedAt);
  }
  await running.stop();
  return times;
}

async function benchIdling(
  { database }: Stack,
  say: (text: string) => void,
): Promise<BenchRow[]> {
  // As often as it ticks by default.
  await database.query(
    "select cron.schedule('maestro-tick-jobs', '5 seconds', 'select private.tick_jobs()')",
  );
  // An idle session reports what it has counted after ten seconds at the latest.
  await pause(12_000);
  const before = await readTotals(database);
  await pause(idleSeconds * 1000);
  const after = await readTotals(database);
  say(`idle for ${idleSeconds} s: ${JSON.stringify(before)}, then ${JSON.stringify(after)}`);
  const common = { peer: null, peer_name: "", bar: { most: 0 } };
  return [
    benchRow({
      scenario: `idle for ${idleSeconds} s, tick every 5 s: HTTP calls`,
      unit: "calls",
      ours: after.calls - before.calls,
      ...common,
    }),
    benchRow({
      scenario: `idle for ${idleSeconds} s: dead row versions in the job tables`,
      unit: "rows",
      ours: after.dead - before.dead,
      ...common,
    }),
  ];
}

/** Calls that were answered or wait, and row versions that updates and deletes have left behind. */
async function readTotals(database: Stack["database"]): Promise<{ calls: number; dead: number }> {
  const [totals] = await database.query<{ calls: number; dead: number }>(
    `select
       (select coalesce(max(id), 0) from net._http_response)::integer
         + (select count(*) from net.http_request_queue)::integer as calls,
       (
         select sum(n_tup_upd + n_tup_del) from pg_stat_all_tables
         where schemaname = 'private'
           and relname in ('jobs', 'job_history', 'lanes', 'workers', 'wakeups')
       )::integer as dead`,
  );
  return totals!;
}
