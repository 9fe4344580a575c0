import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { migrate, readMigrations } from "../../local/database/migrate.ts";
import { type Database, openDatabase } from "../../local/database/open-database.ts";
import { preparePlatform } from "../../local/database/prepare-platform.ts";
import { setVaultSecrets } from "../../local/database/set-vault-secrets.ts";
import { type Cluster, createCluster } from "../../scripts/support/postgres-cluster.ts";
import { until } from "../support/until.ts";

vi.setConfig({ testTimeout: 60_000 });

const cap = 4;
// A server of its own: pg_cron works in one database of a server.
let cluster: Cluster;
let db: Database;

beforeAll(async () => {
  cluster = await createCluster();
  db = await openDatabase({ url: cluster.url });
  await preparePlatform(db);
  await migrate(db, await readMigrations());
  await setVaultSecrets(db, { project_url: "https://project.example", cron_secret_key: "key" });
  await db.exec(`
    insert into public.organizations (name) values ('Acme');
    insert into private.lanes (lane, max_in_flight) values ('test', ${cap});
    select cron.alter_job(jobid, schedule := '1 second') from cron.job
    where jobname = 'maestro-tick-jobs';
  `);
});
afterAll(async () => {
  await db?.close();
  await cluster?.destroy();
});
beforeEach(async () => {
  await switchCron(true);
  await db.exec(
    "delete from private.jobs; delete from private.workers; delete from net.http_request_queue",
  );
});

async function switchCron(isOn: boolean): Promise<void> {
  await db.query("select cron.alter_job(jobid, active := $1) from cron.job", [isOn]);
}

/** Queues jobs that came due one a minute, the last of them now. */
async function queueHour(count: number): Promise<void> {
  await db.query(
    `select private.enqueue_jobs(jsonb_agg(jsonb_build_object(
       'org_id', (select id from public.organizations), 'lane', 'test', 'kind', 'test',
       'dedupe_key', to_char(number, 'fm000'),
       'visible_at', now() + make_interval(mins => number)
     ) order by number)) from generate_series(1, $1::integer) as number`,
    [count],
  );
  await db.query(
    "update private.jobs set visible_at = visible_at - make_interval(mins => $1::integer)",
    [count],
  );
}

async function countCalls(): Promise<number> {
  return (await db.query("select from net.http_request_queue")).length;
}

/** Works off what is due, as one worker; returns the keys as they were taken, and the most it held. */
async function drain(worker: string): Promise<{ taken: string[]; most: number }> {
  const taken: string[] = [];
  let most = 0;
  for (;;) {
    const leases = await db.query<{ job_id: string; lease_token: string }>(
      "select job_id, lease_token from private.claim_jobs($1, max_jobs => 3)",
      [worker],
    );
    if (leases.length === 0) {
      const left = await db.query("select from private.jobs where lease_token is null");
      if (left.length === 0) return { taken, most };
      continue;
    }
    const held = await db.query<{ dedupe_key: string; is_mine: boolean }>(
      `select dedupe_key, worker_id = $1 as is_mine from private.jobs
       where lease_token is not null order by id`,
      [worker],
    );
    most = Math.max(most, held.length);
    taken.push(...held.filter(({ is_mine }) => is_mine).map(({ dedupe_key }) => dedupe_key));
    await db.query("select private.complete_jobs($1)", [JSON.stringify(leases)]);
  }
}

async function readHealth() {
  const rows = await db.query<{ is_healthy: boolean; tick_age_seconds: number }>(
    "select is_healthy, tick_age_seconds from public.job_health",
  );
  return rows[0]!;
}

describe("cron that was silent for an hour", () => {
  test("is an alarm meanwhile, also while its jobs fail to start", async () => {
    await until("a tick", async () => (await readHealth()).is_healthy);
    await switchCron(false);
    // What it had begun is written down when it ends.
    await until("its last run", async () => {
      const running = await db.query(
        "select from cron.job_run_details where status not in ('succeeded', 'failed')",
      );
      return running.length === 0;
    });
    await db.exec(`
      update cron.job_run_details
      set start_time = start_time - interval '1 hour', end_time = end_time - interval '1 hour';
      insert into cron.job_run_details (jobid, runid, status, return_message, start_time, end_time)
      select jobid, 1000000, 'failed', 'job startup timeout', now(), now()
      from cron.job where jobname = 'maestro-tick-jobs';
    `);

    const silent = await readHealth();
    const checks = await db.query<{ check: string; ok: boolean }>(
      `select "check", ok from private.validate_installation()`,
    );
    await switchCron(true);

    expect(silent.is_healthy).toBe(false);
    expect(silent.tick_age_seconds).toBeGreaterThan(3590);
    expect(checks.filter(({ ok }) => !ok).map(({ check }) => check))
      .toEqual(expect.arrayContaining(["cron ticks", "cron runs"]));
    await until("the alarm to end", async () => (await readHealth()).is_healthy);
  });

  test("calls four workers at most when it is back, who drain the backlog, oldest first", async () => {
    await switchCron(false);
    await queueHour(60);
    expect(await countCalls()).toBe(0);

    await switchCron(true);
    const calls = await until("a call", countCalls);
    const drained = await Promise.all([drain("first"), drain("second")]);

    expect(calls).toBeLessThanOrEqual(4);
    expect(Math.max(...drained.map(({ most }) => most))).toBeLessThanOrEqual(cap);
    expect(drained.flatMap(({ taken }) => taken).sort())
      .toEqual(Array.from({ length: 60 }, (_, at) => `${at + 1}`.padStart(3, "0")));
    for (const { taken } of drained) expect(taken).toEqual(taken.toSorted());
  });
});

describe("a wake-up that pg_net has taken and never sent", () => {
  test("is repeated by each tick until a worker comes", async () => {
    await queueHour(1);
    for (let lost = 0; lost < 3; lost++) {
      await until("a call", countCalls, { seconds: 10 });
      // As its worker does before it sends: whoever kills it then has lost the call.
      await db.exec("delete from net.http_request_queue");
    }

    await db.query("select private.claim_jobs('worker')");
    await db.exec("delete from net.http_request_queue");

    await new Promise((resolve) => setTimeout(resolve, 2_500));
    expect(await countCalls()).toBe(0);
  });
});
