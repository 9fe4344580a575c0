import { afterAll, describe, expect, test } from "vitest";
import { createPersonas } from "../support/personas.ts";
import { createTestDatabase, only } from "../support/test-database.ts";
import { claim, completeAll, createQueue, fail, readHistory, readJob } from "./support/queue.ts";
import { sqlStateOf } from "./support/rejection.ts";
import {
  claimTraining,
  createDocument,
  liftTrainingCap,
  queueTraining,
  readTrainingJob,
} from "./support/training.ts";

const db = await createTestDatabase();
afterAll(() => db[Symbol.asyncDispose]());
const { orgId, editor } = await createPersonas(db);

const sweep = () => db.query("select private.sweep_jobs()");
const age = (jobId: string, days: number) =>
  db.query(
    `update private.job_history set finished_at = now() - make_interval(days => $2::integer)
     where id = $1::text::bigint`,
    [jobId, days],
  );

describe("sweep_jobs", () => {
  test.each([["silent for two leases", 91, 0], ["one beat late", 40, 1]])(
    "treats a worker that is %s as it should",
    async (_, seconds, left) => {
      const worker = crypto.randomUUID();
      await claim(db, { worker, kinds: ["none"], seconds: 45 });
      await db.query(
        `update private.workers set seen_at = now() - make_interval(secs => $2::integer)
         where id = $1`,
        [worker, seconds],
      );

      await sweep();

      const rows = await db.query("select from private.workers where id = $1", [worker]);
      expect(rows).toHaveLength(left);
    },
  );

  test.each([
    ["buries", "a kind that no worker has known for a day", 25, false, "dead"],
    ["leaves", "a kind that is new", 23, false, undefined],
    ["leaves", "a kind whose jobs only wait their turn", 25, true, undefined],
  ])("%s a job of %s", async (_, __, hours, isKnown, outcome) => {
    const queue = await createQueue(db, orgId);
    if (isKnown) {
      await queue.enqueue("known");
      await completeAll(db, await queue.claim());
    }
    const visible_at = new Date(Date.now() - hours * 3_600_000).toISOString();
    const { job_id } = only(await queue.enqueue({ dedupe_key: "a", visible_at }));

    await sweep();

    expect((await readHistory(db, job_id))?.outcome).toBe(outcome);
  });

  test.each([
    ["completed", 29, true],
    ["completed", 31, false],
    ["dead", 31, true],
    ["dead", 89, true],
    ["dead", 91, false],
  ])("has a %s job of %i days ago: %s", async (outcome, days, stays) => {
    const queue = await createQueue(db, orgId);
    await queue.enqueue("a");
    const lease = (await queue.claim())[0]!;
    if (outcome === "dead") await fail(db, lease, { is_permanent: true });
    else await completeAll(db, [lease]);
    await age(lease.job_id, days);

    await sweep();

    expect(await readHistory(db, lease.job_id) !== undefined).toBe(stays);
  });

  test("queues a training that lost its job, once", async () => {
    await liftTrainingCap(db);
    const { job } = await queueTraining(db, editor, await createDocument(db, orgId));
    const lost = await claimTraining(db, job.id);
    await db.query("delete from private.jobs where id = $1::text::bigint", [lost.job_id]);

    await sweep();
    await sweep();

    const found = await claimTraining(db, job.id);
    expect(found.payload).toEqual(lost.payload);
    expect(await readTrainingJob(db, job.id)).toMatchObject({ status: "processing", attempts: 1 });
  });

  test.each([["waits", false], ["is held", true]])(
    "leaves a training whose job %s",
    async (_, isHeld) => {
      await liftTrainingCap(db);
      const { job } = await queueTraining(db, editor, await createDocument(db, orgId));
      if (isHeld) await claimTraining(db, job.id);

      await sweep();

      const rows = await db.query(
        "select id::text as job_id from private.jobs where payload ->> 'training_job_id' = $1",
        [job.id],
      );
      expect(rows).toHaveLength(1);
      expect((await readJob(db, String(rows[0]!.job_id)))!.lease_token !== null).toBe(isHeld);
    },
  );

  test.each([["anon" as const], ["service_role" as const]])("is not for %s", async (persona) => {
    const work = db.as(persona, (client) => client.query("select private.sweep_jobs()"));

    expect(await sqlStateOf(work)).toBe("42501");
  });
});
