import { afterAll, describe, expect, test } from "vitest";
import { createPersonas } from "../support/personas.ts";
import { createTestDatabase, only } from "../support/test-database.ts";
import {
  claim,
  createQueue,
  fail,
  makeDue,
  readHistory,
  readJob,
  release,
} from "./support/queue.ts";
import { sqlStateOf } from "./support/rejection.ts";

const db = await createTestDatabase();
afterAll(() => db[Symbol.asyncDispose]());
const { orgId, owner } = await createPersonas(db);

describe("release_jobs", () => {
  test("gives every held job back at once, with its attempt", async () => {
    const queue = await createQueue(db, orgId);
    await queue.enqueue("a", "b");
    const leases = await queue.claim({ worker: "stopping" });

    await release(db, "stopping");

    for (const { job_id } of leases) {
      const job = await readJob(db, job_id);
      expect(job).toMatchObject({ attempt: 0, lease_token: null, worker_id: null, progress: 0 });
      expect(job!.due_in).toBeLessThanOrEqual(0);
    }
  });

  test("keeps the last error", async () => {
    const queue = await createQueue(db, orgId);
    await queue.enqueue("a");
    const first = (await queue.claim())[0]!;
    await fail(db, first, { code: "PROVIDER_FAILED" });
    await makeDue(db, first.job_id);
    await queue.claim({ worker: "stopping" });

    await release(db, "stopping");

    expect(await readJob(db, first.job_id)).toMatchObject({
      attempt: 1,
      last_error: { code: "PROVIDER_FAILED" },
    });
  });

  test("leaves the leases of other workers", async () => {
    const queue = await createQueue(db, orgId);
    await queue.enqueue("a");
    const lease = (await queue.claim({ worker: "working" }))[0]!;
    await claim(db, { worker: "stopping", kinds: ["none"] });

    await release(db, "stopping");

    expect(await readJob(db, lease.job_id)).toMatchObject({
      attempt: 1,
      lease_token: lease.lease_token,
    });
  });

  test("leaves a job that another worker has taken over", async () => {
    const queue = await createQueue(db, orgId);
    await queue.enqueue("a");
    const lost = (await queue.claim({ worker: "stalled" }))[0]!;
    await makeDue(db, lost.job_id);
    const taken = (await queue.claim({ worker: "working" }))[0]!;

    await release(db, "stalled");

    expect(await readJob(db, lost.job_id)).toMatchObject({ lease_token: taken.lease_token });
  });

  test("ends a job in favour of a newer one with its key", async () => {
    const queue = await createQueue(db, orgId);
    await queue.enqueue("a");
    const lease = (await queue.claim({ worker: "stopping" }))[0]!;
    const newer = only(await queue.enqueue("a"));

    await release(db, "stopping");

    expect(await readHistory(db, lease.job_id)).toMatchObject({ outcome: "superseded" });
    expect(await readJob(db, newer.job_id)).toBeDefined();
  });

  test("forgets the worker", async () => {
    await claim(db, { worker: "stopping", kinds: ["none"] });

    await release(db, "stopping");

    const rows = await db.query("select from private.workers where id = 'stopping'");
    expect(rows).toHaveLength(0);
  });

  test("says how many jobs are due", async () => {
    await db.query("delete from private.jobs where true");
    const queue = await createQueue(db, orgId);
    const inAnHour = new Date(Date.now() + 3_600_000).toISOString();
    await queue.enqueue("a", "b", { dedupe_key: "c", visible_at: inAnHour });
    await queue.claim({ worker: "working", max: 1 });

    expect(await release(db, "stopping")).toBe(1);
  });

  test("takes a worker that nobody knows", async () => {
    await expect(release(db, crypto.randomUUID())).resolves.toBeTypeOf("number");
  });

  test.each([["anon", "anon" as const], ["a user", owner]])("is not for %s", async (_, persona) => {
    const work = db.as(persona, (client) => client.query("select public.release_jobs('w')"));

    expect(await sqlStateOf(work)).toBe("42501");
  });
});
