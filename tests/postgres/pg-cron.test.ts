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
  cluster = await createCluster(`
    shared_preload_libraries = 'pg_cron, pg_stat_statements'
    pg_stat_statements.track = all
    log_min_messages = warning
  `);
  db = await openDatabase({ url: cluster.url });
  await db.exec("create extension pg_stat_statements");
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

  test("keeps to one job when it is scheduled again", async () => {
    const jobs = "select jobid, jobname, schedule, command from cron.job order by jobid";
    const before = await db.query(jobs);
    await db.exec("select cron.schedule(jobname, schedule, command) from cron.job");

    expect(await db.query(jobs)).toEqual(before);
  });

  test("wakes a worker for a job that comes due without an enqueue", async () => {
    await db.exec(`
      insert into public.organizations (name) values ('Acme');
      insert into private.jobs (org_id, lane, kind, dedupe_key, is_ready, visible_at)
      select id, 'embedding', 'test', 'a', false, now() + interval '500 milliseconds'
      from public.organizations;
    `);
    expect(await db.query("select from net.http_request_queue")).toHaveLength(0);

    await expect.poll(() => db.query("select url from net.http_request_queue"), { timeout: 7000 })
      .toContainEqual({ url: "https://project.example/functions/v1/process-jobs" });
  });

  test.each([
    ["its jobs", "select command as text from cron.job"],
    ["its log", "select job_run_details::text as text from cron.job_run_details"],
    ["the statistics of statements", "select query as text from pg_stat_statements"],
    [
      "the server's log",
      "select pg_read_file(current_setting('data_directory') || '/../log') as text",
    ],
  ])("writes no secret into %s", async (_, statement) => {
    const texts = async () =>
      (await db.query<{ text: string }>(statement)).map(({ text }) => text).join("\n");
    await expect.poll(texts, { timeout: 7000 }).toContain("private.tick_jobs");

    expect(await texts()).not.toContain("sb_secret_marker");
  });
});
