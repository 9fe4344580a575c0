import { afterAll, describe, expect, test } from "vitest";
import { createTestDatabase } from "../support/test-database.ts";
import { createCast } from "../database/support/cast.ts";
import { createQueue, fail, readHistory, readJob } from "../database/support/queue.ts";
import { times, untilBlocked } from "./support/concurrency.ts";
import { enqueueMidway } from "./support/enqueue-midway.ts";

const db = await createTestDatabase();
afterAll(() => db[Symbol.asyncDispose]());
const cast = await createCast(db);

describe("an enqueue while a worker claims", () => {
  test("is never lost, and never runs beside the job that is held", async () => {
    const queue = await createQueue(db, cast.orgId);
    await queue.enqueue({ dedupe_key: "a", payload: { v: 0 } });

    for (let version = 1; version <= 50; version++) {
      const [held] = await Promise.all([
        queue.claim(),
        queue.enqueue({ dedupe_key: "a", payload: { v: version } }),
      ]);
      // A job that is just being merged is passed over.
      if (held.length === 1) expect(await queue.claim({ worker: "second" })).toEqual([]);

      const run = [...held];
      for (const lease of run) {
        await fail(db, lease, { is_permanent: true });
        run.push(...await queue.claim());
      }
      run.push(...await queue.claim());
      expect(run.at(-1)!.payload).toEqual({ v: version });
      await fail(db, run.at(-1)!, { is_permanent: true });
      await queue.enqueue({ dedupe_key: "a", payload: { v: version } });
    }
  });

  test("meets a failing job without an error, and one job is left", async () => {
    for (let round = 0; round < 50; round++) {
      const queue = await createQueue(db, cast.orgId);
      await queue.enqueue({ dedupe_key: "a", payload: { v: 1 } });
      const lease = (await queue.claim())[0]!;

      const [outcome, enqueued] = await Promise.all([
        fail(db, lease),
        queue.enqueue({ dedupe_key: "a", payload: { v: 2 } }),
      ]);

      expect([["waiting", "merged"], ["superseded", "inserted"]]).toContainEqual([
        outcome,
        enqueued[0]!.outcome,
      ]);
      expect(await readJob(db, enqueued[0]!.job_id)).toMatchObject({ payload: { v: 2 } });
    }
  });

  test("meets a job that is just being put back, before it is visible", async () => {
    const queue = await createQueue(db, cast.orgId);
    await queue.enqueue("a");
    const lease = (await queue.claim())[0]!;

    const endEnqueue = await enqueueMidway(db, queue, "a");
    const outcome = fail(db, lease);
    await untilBlocked(db, "fail_jobs");

    await endEnqueue();
    expect(await outcome).toBe("superseded");
    expect(await readHistory(db, lease.job_id)).toMatchObject({ outcome: "superseded" });
  });

  test("calls one worker for a burst of twenty", async () => {
    await db.exec(`
      delete from private.workers;
      update private.wakeups set poked_at = '-infinity';
      delete from net.http_request_queue;
      select vault.create_secret('https://project.example', 'project_url');
      select vault.create_secret('sb_secret_cron', 'cron_secret_key');
      update private.lanes set paused_until = now() + interval '1 hour';
    `);
    const queue = await createQueue(db, cast.orgId);

    await times(20, (index) => queue.enqueue(`${index}`));

    const calls = await db.query("select from net.http_request_queue");
    expect(calls).toHaveLength(1);
    await db.exec(`
      delete from vault.secrets;
      update private.lanes set paused_until = null;
    `);
  });

  test("meets a redrive, which leaves that job to it and queues the others", async () => {
    const queue = await createQueue(db, cast.orgId);
    for (const key of ["a", "b"]) {
      await queue.enqueue(key);
      await fail(db, (await queue.claim())[0]!, { is_permanent: true });
    }

    const endEnqueue = await enqueueMidway(db, queue, "a");
    const retried = db.query("select private.retry_dead_jobs($1)::integer as count", [
      JSON.stringify({ kind: queue.kind }),
    ]);
    await untilBlocked(db, "retry_dead_jobs");

    await endEnqueue();
    expect(await retried).toEqual([{ count: 1 }]);
    expect(
      await db.query(
        `select dedupe_key as key, 'open' as state from private.jobs where kind = $1
         union all select dedupe_key, outcome from private.job_history where kind = $1 order by 1, 2`,
        [queue.kind],
      ),
    ).toEqual([
      { key: "a", state: "dead" },
      { key: "a", state: "open" },
      { key: "b", state: "open" },
    ]);
  });
});
