import { afterAll, describe, expect, test } from "vitest";
import { createPersonas } from "../support/personas.ts";
import { createTestDatabase, only } from "../support/test-database.ts";
import { createQueue, enqueue, readJob } from "./support/queue.ts";
import { raisedBy, sqlStateOf } from "./support/rejection.ts";

const db = await createTestDatabase();
afterAll(() => db[Symbol.asyncDispose]());
const { orgId, owner } = await createPersonas(db);

const inAnHour = new Date(Date.now() + 3_600_000).toISOString();
const inTwoHours = new Date(Date.now() + 7_200_000).toISOString();

describe("enqueue_jobs", () => {
  test("inserts a job with the defaults", async () => {
    const queue = await createQueue(db, orgId);

    const { job_id, dedupe_key, outcome } = only(await queue.enqueue("a"));

    expect({ dedupe_key, outcome }).toEqual({ dedupe_key: "a", outcome: "inserted" });
    const job = await readJob(db, job_id);
    expect(job).toMatchObject({ attempt: 0, priority: 100, payload: {}, lease_token: null });
    expect(job!.due_in).toBeLessThanOrEqual(0);
  });

  test("merges into a waiting job: newest payload, lower number, earlier time", async () => {
    const queue = await createQueue(db, orgId);
    const first = only(
      await queue.enqueue({
        dedupe_key: "a",
        payload: { v: 1 },
        priority: 50,
        visible_at: inTwoHours,
      }),
    );

    const second = only(
      await queue.enqueue({
        dedupe_key: "a",
        payload: { v: 2 },
        priority: 70,
        visible_at: inAnHour,
      }),
    );

    expect(second).toEqual({ ...first, outcome: "merged" });
    const job = await readJob(db, first.job_id);
    expect(job).toMatchObject({ payload: { v: 2 }, priority: 50 });
    expect(job!.due_in).toBeCloseTo(3600, -2);
  });

  test("does not put a due job off by merging", async () => {
    const queue = await createQueue(db, orgId);
    const { job_id } = only(await queue.enqueue("a"));

    await queue.enqueue({ dedupe_key: "a", visible_at: inAnHour });

    expect((await readJob(db, job_id))!.due_in).toBeLessThanOrEqual(0);
  });

  test("merges duplicates in one batch by the same rules", async () => {
    const queue = await createQueue(db, orgId);

    const rows = await queue.enqueue(
      { dedupe_key: "a", payload: { v: 1 }, priority: 200, visible_at: inAnHour },
      { dedupe_key: "b" },
      { dedupe_key: "a", payload: { v: 2 }, visible_at: inTwoHours },
    );

    expect(rows.map((row) => row.dedupe_key).sort()).toEqual(["a", "b"]);
    const job = await readJob(db, rows.find((row) => row.dedupe_key === "a")!.job_id);
    expect(job).toMatchObject({ payload: { v: 2 }, priority: 100 });
    expect(job!.due_in).toBeCloseTo(3600, -2);
  });

  test("tells kinds with the same key apart", async () => {
    const queue = await createQueue(db, orgId);
    const other = `${queue.kind}_other`;

    const rows = await queue.enqueue({ dedupe_key: "a" }, { dedupe_key: "a", kind: other });

    expect(rows.map((row) => row.outcome)).toEqual(["inserted", "inserted"]);
  });

  test("inserts the next job while one with its key is held", async () => {
    const queue = await createQueue(db, orgId);
    const first = only(await queue.enqueue("a"));
    await queue.claim();

    const second = only(await queue.enqueue("a"));

    expect(second.outcome).toBe("inserted");
    expect(second.job_id).not.toBe(first.job_id);
  });

  test("takes 10,000 jobs at once", async () => {
    const queue = await createQueue(db, orgId);

    const rows = await queue.enqueue(...Array.from({ length: 10_000 }, (_, index) => `${index}`));

    expect(rows).toHaveLength(10_000);
  });

  test("takes none", async () => {
    expect(await enqueue(db, [])).toEqual([]);
  });

  test.each([
    ["a lane that does not exist", { lane: "nowhere" }, "23503"],
    ["an organisation that does not exist", { org_id: crypto.randomUUID() }, "23503"],
    ["no lane", { lane: undefined }, "23502"],
    ["a payload above 64 kB", { payload: Array.from({ length: 20_000 }, Math.random) }, "23514"],
    ["no attempts", { max_attempts: 0 }, "23514"],
  ])("refuses the whole batch with %s", async (_, broken, state) => {
    const queue = await createQueue(db, orgId);

    const work = queue.enqueue("fine", { dedupe_key: "broken", ...broken });

    expect(await raisedBy(work)).toMatchObject({
      code: "INVALID_REQUEST",
      details: { sqlstate: state },
    });
    expect(await queue.claim()).toEqual([]);
  });

  test.each([["an object", {}], ["a string", "x"], ["a number", 1]])(
    "refuses %s where a list belongs",
    async (_, jobs) => {
      expect(await raisedBy(enqueue(db, jobs))).toMatchObject({ code: "INVALID_REQUEST" });
    },
  );

  test.each([["anon", "anon" as const], ["a user", owner]])("is not for %s", async (_, persona) => {
    const work = db.as(persona, (client) => client.query("select public.enqueue_jobs('[]')"));

    expect(await sqlStateOf(work)).toBe("42501");
  });
});
