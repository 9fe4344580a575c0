import { afterAll, describe, expect, test } from "vitest";
import { createPersonas } from "../support/personas.ts";
import { createTestDatabase, only } from "../support/test-database.ts";
import { claim, createQueue, fail, makeDue, readHistory, readJob } from "./support/queue.ts";
import { raisedBy, sqlStateOf } from "./support/rejection.ts";

const db = await createTestDatabase();
afterAll(() => db[Symbol.asyncDispose]());
const { orgId, owner } = await createPersonas(db);

const inAnHour = new Date(Date.now() + 3_600_000).toISOString();
const ago = (seconds: number) => new Date(Date.now() - seconds * 1000).toISOString();

describe("claim_jobs", () => {
  test("hands out what a handler needs, with ids as text", async () => {
    const queue = await createQueue(db, orgId);
    const { job_id } = only(await queue.enqueue({ dedupe_key: "a", payload: { page: 7 } }));

    const lease = (await queue.claim())[0];

    expect(lease).toEqual({
      job_id,
      lease_token: expect.stringMatching(/^[0-9a-f-]{36}$/),
      org_id: orgId,
      lane: queue.lane,
      kind: queue.kind,
      attempt: 1,
      payload: { page: 7 },
    });
    expect(lease!.job_id).toBeTypeOf("string");
  });

  test("leases for the asked time, 45 s when left open", async () => {
    const queue = await createQueue(db, orgId);
    const asked = only(await queue.enqueue("a"));
    await queue.claim({ seconds: 120 });
    const open = only(await queue.enqueue("b"));
    await queue.claim();

    expect((await readJob(db, asked.job_id))!.due_in).toBeCloseTo(120, -1);
    expect((await readJob(db, open.job_id))!.due_in).toBeCloseTo(45, -1);
  });

  test.each([[0, 1], [-5, 1], [1_000_000, 3600]])(
    "makes a lease of %i s one of %i s",
    async (seconds, clamped) => {
      const queue = await createQueue(db, orgId);
      const { job_id } = only(await queue.enqueue("a"));

      await queue.claim({ seconds });

      const { due_in } = (await readJob(db, job_id))!;
      expect(due_in).toBeGreaterThan(clamped - 5);
      expect(due_in).toBeLessThanOrEqual(clamped);
    },
  );

  test("takes the lowest priority number first, then the longest due, then the oldest", async () => {
    const queue = await createQueue(db, orgId);
    await queue.enqueue(
      { dedupe_key: "late", visible_at: ago(1) },
      { dedupe_key: "early", visible_at: ago(100) },
      { dedupe_key: "urgent", priority: 1, visible_at: ago(1) },
      { dedupe_key: "idle", priority: 200, visible_at: ago(1000) },
    );
    const order: unknown[] = [];

    for (let round = 0; round < 4; round++) {
      const { job_id } = (await queue.claim({ max: 1 }))[0]!;
      const [row] = await db.query(
        "select dedupe_key from private.jobs where id = $1::text::bigint",
        [job_id],
      );
      order.push(row!.dedupe_key);
    }

    expect(order).toEqual(["urgent", "early", "late", "idle"]);
  });

  test("leaves a job that is not due", async () => {
    const queue = await createQueue(db, orgId);
    await queue.enqueue({ dedupe_key: "a", visible_at: inAnHour });

    expect(await queue.claim()).toEqual([]);
  });

  test("leaves a job that is held", async () => {
    const queue = await createQueue(db, orgId);
    await queue.enqueue("a");
    await queue.claim({ worker: "first" });

    expect(await queue.claim({ worker: "second" })).toEqual([]);
  });

  test("fills a lane to its cap and no further", async () => {
    const queue = await createQueue(db, orgId, { maxInFlight: 3 });
    await queue.enqueue("a", "b", "c", "d", "e");

    const first = await queue.claim({ worker: "first", max: 2 });
    const second = await queue.claim({ worker: "second", max: 10 });
    const third = await queue.claim({ worker: "third", max: 10 });

    expect([first.length, second.length, third.length]).toEqual([2, 1, 0]);
  });

  test("gives the place of an ended job to the next", async () => {
    const queue = await createQueue(db, orgId, { maxInFlight: 1 });
    await queue.enqueue("a", "b");
    const lease = (await queue.claim())[0]!;

    await fail(db, lease, { is_permanent: true });

    expect(await queue.claim()).toHaveLength(1);
  });

  test("gives the place of an expired lease to the next", async () => {
    const queue = await createQueue(db, orgId, { maxInFlight: 1 });
    await queue.enqueue("a", { dedupe_key: "b", priority: 1, visible_at: inAnHour });
    const lost = (await queue.claim())[0]!;
    await makeDue(db, lost.job_id);

    const next = await queue.claim({ max: 10 });

    expect(next.map(({ job_id }) => job_id)).toEqual([lost.job_id]);
  });

  test("takes nothing from a paused lane until the pause is over", async () => {
    const queue = await createQueue(db, orgId);
    await queue.enqueue("a");
    const pause = (until: string) =>
      db.query(
        `update private.lanes set paused_until = now() + $2::text::interval where lane = $1`,
        [queue.lane, until],
      );

    await pause("1 hour");
    expect(await queue.claim()).toEqual([]);

    await pause("-1 second");
    expect(await queue.claim()).toHaveLength(1);
  });

  test("takes only the asked kinds", async () => {
    const queue = await createQueue(db, orgId);
    await queue.enqueue("a", { dedupe_key: "b", kind: `${queue.kind}_other` });

    const leases = await claim(db, { kinds: [`${queue.kind}_other`, "unknown"] });

    expect(leases.map(({ kind }) => kind)).toEqual([`${queue.kind}_other`]);
  });

  test("takes every kind when none is named", async () => {
    const queue = await createQueue(db, orgId);
    await queue.enqueue({ dedupe_key: "a", priority: 0 });

    const leases = await claim(db, { max: 100 });

    expect(leases.map(({ kind }) => kind)).toContain(queue.kind);
  });

  test.each([[0, 0], [-1, 0], [null, 0], [3, 3], [1_000_000, 100]])(
    "makes at most %s jobs %i",
    async (max, expected) => {
      const queue = await createQueue(db, orgId, { maxInFlight: 1000 });
      await queue.enqueue(...Array.from({ length: 101 }, (_, index) => `${index}`));

      const leases = await claim(db, { kinds: [queue.kind], max });

      expect(leases).toHaveLength(expected);
    },
  );

  test("counts the jobs of all lanes together", async () => {
    const first = await createQueue(db, orgId);
    const second = await createQueue(db, orgId);
    await first.enqueue("a", "b");
    await second.enqueue("a", "b");

    const leases = await claim(db, { kinds: [first.kind, second.kind], max: 3 });

    expect(leases).toHaveLength(3);
  });

  test("hands an expired lease out again, with a new token and the next attempt", async () => {
    const queue = await createQueue(db, orgId);
    await queue.enqueue("a");
    const lost = (await queue.claim({ worker: "first" }))[0]!;
    await makeDue(db, lost.job_id);

    const found = (await queue.claim({ worker: "second" }))[0]!;

    expect(found).toMatchObject({ job_id: lost.job_id, attempt: 2 });
    expect(found.lease_token).not.toBe(lost.lease_token);
    expect(await readJob(db, lost.job_id)).toMatchObject({ worker_id: "second", progress: 0 });
  });

  test("buries a job whose worker was lost in its last attempt", async () => {
    const queue = await createQueue(db, orgId);
    await queue.enqueue({ dedupe_key: "a", max_attempts: 1 });
    const lost = (await queue.claim())[0]!;
    await makeDue(db, lost.job_id);

    const leases = await queue.claim();

    expect(leases).toEqual([]);
    expect(await readJob(db, lost.job_id)).toBeUndefined();
    expect(await readHistory(db, lost.job_id)).toMatchObject({
      outcome: "dead",
      error: { code: "WORKER_LOST" },
      attempt: 1,
    });
  });

  test("does not run a job beside a held one with its key, but after it", async () => {
    const queue = await createQueue(db, orgId);
    await queue.enqueue("a");
    const first = (await queue.claim())[0]!;
    const second = only(await queue.enqueue("a"));

    expect(await queue.claim()).toEqual([]);

    await fail(db, first, { is_permanent: true });
    expect((await queue.claim()).map(({ job_id }) => job_id)).toEqual([second.job_id]);
  });

  test("runs the newer of two jobs with one key when the older one's worker was lost", async () => {
    const queue = await createQueue(db, orgId);
    await queue.enqueue("a");
    const lost = (await queue.claim())[0]!;
    const newer = only(await queue.enqueue("a"));
    await makeDue(db, lost.job_id);

    const leases = await queue.claim();

    expect(leases.map(({ job_id }) => job_id)).toEqual([newer.job_id]);
    expect(await readHistory(db, lost.job_id)).toMatchObject({ outcome: "superseded" });
  });

  test("registers the worker and notes when it was seen", async () => {
    const worker = crypto.randomUUID();
    await claim(db, { worker, kinds: ["none"] });
    await db.query("update private.workers set seen_at = now() - interval '1 hour' where id = $1", [
      worker,
    ]);

    await claim(db, { worker, kinds: ["none"] });

    const row = only(
      await db.query(
        "select seen_at > now() - interval '1 minute' as is_recent from private.workers where id = $1",
        [worker],
      ),
    );
    expect(row).toEqual({ is_recent: true });
  });

  test.each([["no name", ""], ["201 characters", "x".repeat(201)]])(
    "refuses a worker with %s",
    async (_, worker) => {
      expect(await raisedBy(claim(db, { worker }))).toMatchObject({ code: "INVALID_REQUEST" });
    },
  );

  test.each([["anon", "anon" as const], ["a user", owner]])("is not for %s", async (_, persona) => {
    const work = db.as(persona, (client) => client.query("select public.claim_jobs('w')"));

    expect(await sqlStateOf(work)).toBe("42501");
  });
});
