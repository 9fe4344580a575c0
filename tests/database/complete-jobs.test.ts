import { afterAll, describe, expect, test } from "vitest";
import { createPersonas } from "../support/personas.ts";
import { createTestDatabase, only } from "../support/test-database.ts";
import { completeAll, createQueue, makeDue, readHistory, readJob } from "./support/queue.ts";
import { sqlStateOf } from "./support/rejection.ts";

const db = await createTestDatabase();
afterAll(() => db[Symbol.asyncDispose]());
const { orgId, owner } = await createPersonas(db);

describe("complete_jobs", () => {
  test("moves the jobs to history, with what they consumed", async () => {
    const queue = await createQueue(db, orgId);
    await queue.enqueue("a", "b");
    const [first, second] = await queue.claim();

    const outcomes = await completeAll(db, [
      { ...first!, usage: { model: "m", input_tokens: 3 } },
      second!,
    ]);

    expect(outcomes).toEqual(["done", "done"]);
    expect(await readJob(db, first!.job_id)).toBeUndefined();
    expect(await readHistory(db, first!.job_id)).toEqual({
      outcome: "completed",
      error: null,
      usage: { model: "m", input_tokens: 3 },
      attempt: 1,
    });
    expect(await readHistory(db, second!.job_id)).toMatchObject({ outcome: "completed" });
  });

  test("answers for each job by itself, whatever became of the others", async () => {
    const queue = await createQueue(db, orgId);
    await queue.enqueue("a", "b");
    const [lost, held] = await queue.claim();
    await makeDue(db, lost!.job_id);
    const taken = (await queue.claim({ worker: "other" }))[0]!;

    const rows = await db.as(
      "service_role",
      (client) =>
        client.query("select * from public.complete_jobs($1)", [
          JSON.stringify([lost, held, { job_id: "0", lease_token: crypto.randomUUID() }]),
        ]),
    );

    expect(Object.fromEntries(rows.map(({ job_id, outcome }) => [job_id, outcome]))).toEqual({
      [lost!.job_id]: "stale_lease",
      [held!.job_id]: "done",
      "0": "stale_lease",
    });
    expect(await readJob(db, lost!.job_id)).toMatchObject({ lease_token: taken.lease_token });
  });

  test("changes nothing the second time", async () => {
    const queue = await createQueue(db, orgId);
    await queue.enqueue("a");
    const lease = (await queue.claim())[0]!;
    await completeAll(db, [lease]);

    expect(await completeAll(db, [lease])).toEqual(["stale_lease"]);
    expect(await readHistory(db, lease.job_id)).toMatchObject({ outcome: "completed" });
  });

  test("lets the next job with the key go", async () => {
    const queue = await createQueue(db, orgId);
    await queue.enqueue("a");
    const lease = (await queue.claim())[0]!;
    const next = only(await queue.enqueue("a"));

    await completeAll(db, [lease]);

    expect((await queue.claim()).map(({ job_id }) => job_id)).toEqual([next.job_id]);
  });

  test("takes none", async () => {
    expect(await completeAll(db, [])).toEqual([]);
  });

  test.each([["anon", "anon" as const], ["a user", owner]])("is not for %s", async (_, persona) => {
    const work = db.as(persona, (client) => client.query("select public.complete_jobs('[]')"));

    expect(await sqlStateOf(work)).toBe("42501");
  });
});
