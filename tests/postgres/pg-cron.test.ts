import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { migrate, readMigrations } from "../../local/database/migrate.ts";
import { type Database, openDatabase } from "../../local/database/open-database.ts";
import { preparePlatform } from "../../local/database/prepare-platform.ts";
import { setVaultSecrets } from "../../local/database/set-vault-secrets.ts";
import { type Cluster, createCluster } from "../../scripts/support/postgres-cluster.ts";

// A server of its own: pg_cron works in one database of a server, and there the stack runs.
let cluster: Cluster;
let db: Database;

beforeAll(async () => {
  cluster = await createCluster();
  db = await openDatabase({ url: cluster.url });
  await preparePlatform(db);
  await migrate(db, await readMigrations());
  await setVaultSecrets(db, {
    project_url: "https://project.example",
    cron_secret_key: "sb_secret_marker",
  });
});

afterAll(async () => {
  await db?.close();
  await cluster?.destroy();
});

describe("pg_cron", () => {
  test("has each job of ours once, and ticks every five seconds", async () => {
    const jobs = await db.query<{ name: string; schedule: string; active: boolean }>(
      "select jobname as name, schedule, active from cron.job",
    );

    expect(new Set(jobs.map(({ name }) => name)).size).toBe(jobs.length);
    expect(jobs).toContainEqual({
      name: "maestro-tick-jobs",
      schedule: "5 seconds",
      active: true,
    });
  });

  test("wakes a worker for a job that comes due without an enqueue", async () => {
    await db.exec(`
      insert into public.organizations (name) values ('Acme');
      insert into private.jobs (org_id, lane, kind, dedupe_key, is_ready, visible_at)
      select id, 'embedding', 'test', 'a', false, now() + interval '100 milliseconds'
      from public.organizations;
    `);
    expect(await db.query("select from net.http_request_queue")).toHaveLength(0);

    await expect.poll(() => db.query("select url from net.http_request_queue"), { timeout: 7000 })
      .toContainEqual({ url: "https://project.example/functions/v1/process-jobs" });
  });

  test("writes no secret into its log", async () => {
    await expect.poll(
      () => db.query("select status from cron.job_run_details where status = 'succeeded' limit 1"),
      { timeout: 7000 },
    ).toHaveLength(1);

    const rows = await db.query(
      "select from cron.job_run_details where job_run_details::text like '%sb_secret_marker%'",
    );
    expect(rows).toHaveLength(0);
  });
});
