import { afterAll, describe, expect, test } from "vitest";
import { createPersonas } from "../support/personas.ts";
import { createTestDatabase, only } from "../support/test-database.ts";
import {
  createQueue,
  fail,
  type Lease,
  makeDue,
  type NewJob,
  readHistory,
  readJob,
} from "./support/queue.ts";
import { sqlStateOf } from "./support/rejection.ts";

const db = await createTestDatabase();
afterAll(() => db[Symbol.asyncDispose]());
const { orgId, owner } = await createPersonas(db);

async function holdOne(job: Partial<NewJob> = {}) {
  const queue = await createQueue(db, orgId);
  await queue.enqueue(job);
  return { queue, lease: (await queue.claim())[0]! };
}

describe("fail_jobs", () => {
  test("puts the job back with its error and without its lease", async () => {
    const { lease } = await holdOne();

    const outcome = await fail(db, lease, { code: "PROVIDER_FAILED", message: "down" });

    expect(outcome).toBe("waiting");
    expect(await readJob(db, lease.job_id)).toMatchObject({
      attempt: 1,
      lease_token: null,
      worker_id: null,
      progress: 0,
      last_error: { code: "PROVIDER_FAILED", message: "down" },
    });
  });

  test.each([[1, 2], [2, 4], [3, 8], [8, 256], [9, 512], [10, 600], [50, 600]])(
    "waits after attempt %i between half of %i s and all of it",
    async (attempt, seconds) => {
      const { lease } = await holdOne({ max_attempts: 100 });
      await db.query("update private.jobs set attempt = $2 where id = $1::text::bigint", [
        lease.job_id,
        attempt,
      ]);

      await fail(db, lease);

      const { due_in } = (await readJob(db, lease.job_id))!;
      expect(due_in).toBeGreaterThan(seconds / 2 - 1);
      expect(due_in).toBeLessThanOrEqual(seconds);
    },
  );

  test("spreads the retries of jobs that failed together", async () => {
    const queue = await createQueue(db, orgId);
    await queue.enqueue(...Array.from({ length: 20 }, (_, index) => `${index}`));
    const leases = await queue.claim({ max: 20 });

    await db.as("service_role", (client) =>
      client.query("select * from public.fail_jobs($1)", [
        JSON.stringify(leases.map((lease) => ({ ...lease, code: "TEST", message: "no luck" }))),
      ]));

    const row = only(
      await db.query<{ spread: number }>(
        `select extract(epoch from max(visible_at) - min(visible_at))::double precision as spread
         from private.jobs where lane = $1`,
        [queue.lane],
      ),
    );
    expect(row.spread).toBeGreaterThan(0.3);
  });

  test("ends a job whose failure is permanent, at the first attempt", async () => {
    const { lease } = await holdOne();

    const outcome = await fail(db, lease, {
      code: "FILE_EMPTY",
      message: "empty",
      is_permanent: true,
    });

    expect(outcome).toBe("dead");
    expect(await readJob(db, lease.job_id)).toBeUndefined();
    expect(await readHistory(db, lease.job_id)).toMatchObject({
      outcome: "dead",
      error: { code: "FILE_EMPTY", message: "empty" },
      attempt: 1,
    });
  });

  test("ends a job after its last attempt", async () => {
    const { queue, lease } = await holdOne({ max_attempts: 2 });
    await fail(db, lease);
    await makeDue(db, lease.job_id);
    const second = (await queue.claim())[0]!;

    expect(await fail(db, second)).toBe("dead");
  });

  test("takes a failure that does not say whether it is permanent for one that passes", async () => {
    const { lease } = await holdOne();

    expect(await fail(db, lease, { is_permanent: null })).toBe("waiting");
  });

  test("changes nothing for a worker that has lost the job", async () => {
    const { queue, lease } = await holdOne();
    await makeDue(db, lease.job_id);
    const second = (await queue.claim({ worker: "other" }))[0]!;

    const outcome = await fail(db, lease, { is_permanent: true });

    expect(outcome).toBe("stale_lease");
    expect(await readJob(db, lease.job_id)).toMatchObject({ lease_token: second.lease_token });
    expect(await readHistory(db, lease.job_id)).toBeUndefined();
  });

  test("changes nothing the second time", async () => {
    const { lease } = await holdOne();
    await fail(db, lease);
    const before = await readJob(db, lease.job_id);

    expect(await fail(db, lease, { is_permanent: true })).toBe("stale_lease");
    expect(await readJob(db, lease.job_id)).toMatchObject({ attempt: before!.attempt });
  });

  test("gives way to a newer job with its key", async () => {
    const { queue, lease } = await holdOne({ dedupe_key: "a" });
    const newer = only(await queue.enqueue({ dedupe_key: "a", payload: { v: 2 } }));

    const outcome = await fail(db, lease);

    expect(outcome).toBe("superseded");
    expect(await readHistory(db, lease.job_id)).toMatchObject({ outcome: "superseded" });
    expect(await readJob(db, newer.job_id)).toMatchObject({ attempt: 0, payload: { v: 2 } });
  });

  test("answers for each job of a batch", async () => {
    const queue = await createQueue(db, orgId);
    await queue.enqueue("a", "b");
    const [first, second] = await queue.claim() as [Lease, Lease];
    const refs = [
      { ...second, code: "X", message: "x", is_permanent: true },
      { ...first, code: "X", message: "x", is_permanent: false },
      { job_id: "0", lease_token: crypto.randomUUID(), code: "X", message: "x" },
    ];

    const rows = await db.as(
      "service_role",
      (client) =>
        client.query<{ job_id: string; outcome: string }>(
          "select * from public.fail_jobs($1)",
          [JSON.stringify(refs)],
        ),
    );

    expect(Object.fromEntries(rows.map(({ job_id, outcome }) => [job_id, outcome]))).toEqual({
      "0": "stale_lease",
      [first.job_id]: "waiting",
      [second.job_id]: "dead",
    });
  });

  test("cuts a long message", async () => {
    const { lease } = await holdOne();

    await fail(db, lease, { message: `line\n${"x".repeat(1_000_000)}` });

    expect((await readJob(db, lease.job_id))!.last_error!.message).toHaveLength(2000);
  });

  test.each([["anon", "anon" as const], ["a user", owner]])("is not for %s", async (_, persona) => {
    const work = db.as(persona, (client) => client.query("select public.fail_jobs('[]')"));

    expect(await sqlStateOf(work)).toBe("42501");
  });
});
