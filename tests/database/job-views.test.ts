import { afterAll, describe, expect, test } from "vitest";
import { setVaultSecrets } from "../../local/database/set-vault-secrets.ts";
import { createTestDatabase, only } from "../support/test-database.ts";
import { createCast, eachRole, rowsFor } from "./support/cast.ts";
import { completeAll, createQueue, defer, fail, type Queue } from "./support/queue.ts";

const db = await createTestDatabase();
afterAll(() => db[Symbol.asyncDispose]());
const cast = await createCast(db);

const read = (view: string, { lane }: Queue) =>
  db.as(
    "service_role",
    (client) => client.query(`select * from public.${view} where lane = $1`, [lane]),
  );

describe.each(["job_stats", "job_lanes", "job_health", "job_dead"])("%s", (view) => {
  test.each(eachRole())("%s %s see it", async (_, role) => {
    expect(await rowsFor(db, cast[role], `select from public.${view}`)).toBe(0);
  });

  test("lets the service role read it", async () => {
    await expect(
      db.as("service_role", (client) => client.query(`select * from public.${view}`)),
    ).resolves.toBeInstanceOf(Array);
  });
});

describe("job_stats", () => {
  test("counts what waits, is held and has ended, and how long it took", async () => {
    const queue = await createQueue(db, cast.orgId);
    const inAnHour = new Date(Date.now() + 3_600_000).toISOString();
    await queue.enqueue("a", "b", "c", "d", { dedupe_key: "e", visible_at: inAnHour });
    await db.query(
      "update private.jobs set created_at = now() - interval '10 seconds' where lane = $1",
      [queue.lane],
    );
    const [done, dead] = await queue.claim({ max: 3 });
    await completeAll(db, [done!]);
    await fail(db, dead!, { is_permanent: true });
    await db.query(
      "update private.jobs set visible_at = now() - interval '1 minute' where lane = $1 and is_ready",
      [queue.lane],
    );

    const { oldest_due_seconds, p50_seconds, p95_seconds, ...counts } = only(
      await read("job_stats", queue),
    );
    expect(counts).toEqual({
      lane: queue.lane,
      kind: queue.kind,
      ready_count: 1,
      delayed_count: 1,
      held_count: 1,
      completed_last_hour: 1,
      dead_last_hour: 1,
    });
    expect(oldest_due_seconds).toBeCloseTo(60, -1);
    expect(p50_seconds).toBeCloseTo(10, -1);
    expect(p95_seconds).toBeCloseTo(10, -1);
  });
});

describe("job_lanes", () => {
  test("says what a lane may hold, holds, and why it waits", async () => {
    const queue = await createQueue(db, cast.orgId, { maxInFlight: 8, requestsPerMinute: 600 });
    await queue.enqueue("a", "b");
    const [lease] = await queue.claim();

    const before = only(await read("job_lanes", queue));
    await defer(db, lease!, { seconds: 60 });
    const after = only(await read("job_lanes", queue));

    expect(before).toMatchObject({
      cap: 8,
      held_count: 2,
      requests_per_minute: 600,
      paused_until: null,
      pause_reason: null,
    });
    expect(after).toMatchObject({ cap: 4, held_count: 1, pause_reason: "PROVIDER_RATE_LIMITED" });
  });
});

describe("job_dead", () => {
  test("names what failed for good, and why", async () => {
    const queue = await createQueue(db, cast.orgId);
    await queue.enqueue("a", "b");
    const [dead, waiting] = await queue.claim();
    await fail(db, dead!, { is_permanent: true, code: "FILE_EMPTY", message: "empty" });
    await fail(db, waiting!);

    expect(await read("job_dead", queue)).toMatchObject([{
      job_id: dead!.job_id,
      org_id: cast.orgId,
      code: "FILE_EMPTY",
      message: "empty",
      attempt: 1,
    }]);
  });
});

describe("job_health", () => {
  const health = async () =>
    only(await db.as("service_role", (client) => client.query("select * from public.job_health")));
  const tickAt = (secondsAgo: number) =>
    db.exec(`
      delete from cron.job_run_details;
      insert into cron.job_run_details (jobid, status, start_time)
      select jobid, 'succeeded', now() - interval '${secondsAgo} seconds'
      from cron.job where jobname = 'maestro-tick-jobs';
    `);

  test("is well when cron ticks, the secrets are set and nothing has waited long", async () => {
    await db.exec("delete from private.jobs");
    await setVaultSecrets(db, { project_url: "https://a.example", cron_secret_key: "key" });
    await tickAt(3);

    expect(await health()).toMatchObject({ is_healthy: true, has_secrets: true });
  });

  test("is not when cron has been silent, a secret is missing, or a job waits", async () => {
    await tickAt(90);
    expect(await health()).toMatchObject({ is_healthy: false });
    await tickAt(3);

    const queue = await createQueue(db, cast.orgId);
    await queue.enqueue("a");
    await db.query(
      "update private.jobs set visible_at = now() - interval '20 minutes' where lane = $1",
      [queue.lane],
    );
    expect(await health()).toMatchObject({ is_healthy: false });
    await db.query("update private.lanes set paused_until = 'infinity' where lane = $1", [
      queue.lane,
    ]);
    expect(await health()).toMatchObject({ is_healthy: true });

    await db.exec("delete from vault.secrets where name = 'cron_secret_key'");
    const { is_healthy, has_secrets } = await health();
    expect([is_healthy, has_secrets]).toEqual([false, false]);
  });
});
