import { afterAll, describe, expect, test } from "vitest";
import { createPersonas } from "../support/personas.ts";
import { createTestDatabase, only } from "../support/test-database.ts";
import { completeAll, createQueue, fail, type Queue, readJob } from "./support/queue.ts";

const db = await createTestDatabase();
afterAll(() => db[Symbol.asyncDispose]());
const { orgId } = await createPersonas(db);

const input = (input_hash: string) => ({ dedupe_key: "a", input_hash });
const offer = async (queue: Queue, hash: string) => only(await queue.enqueue(input(hash))).outcome;

/** Claims the one job that is due and completes it. */
async function work(queue: Queue): Promise<void> {
  expect(await completeAll(db, await queue.claim())).toEqual(["done"]);
}

describe("enqueue_jobs, of an input", () => {
  test("that waits already merges", async () => {
    const queue = await createQueue(db, orgId);

    expect([await offer(queue, "A"), await offer(queue, "A")]).toEqual(["inserted", "merged"]);
  });

  test("that is being worked on changes nothing", async () => {
    const queue = await createQueue(db, orgId);
    await offer(queue, "A");
    await queue.claim();

    const row = only(await queue.enqueue(input("A")));

    expect(row).toEqual({ job_id: null, dedupe_key: "a", outcome: "unchanged" });
    expect(await db.query("select from private.jobs where lane = $1", [queue.lane])).toHaveLength(
      1,
    );
  });

  test("that was completed changes nothing", async () => {
    const queue = await createQueue(db, orgId);
    await offer(queue, "A");
    await work(queue);

    expect(await offer(queue, "A")).toBe("unchanged");
    expect(await queue.claim()).toEqual([]);
  });

  test("that differs from the completed one runs", async () => {
    const queue = await createQueue(db, orgId);
    await offer(queue, "A");
    await work(queue);

    expect(await offer(queue, "B")).toBe("inserted");
  });

  test("that is an older one again runs again", async () => {
    const queue = await createQueue(db, orgId);
    for (const hash of ["A", "B"]) {
      await offer(queue, hash);
      await work(queue);
    }

    expect(await offer(queue, "A")).toBe("inserted");
  });

  test("that was replaced while it is worked on follows its replacement", async () => {
    const queue = await createQueue(db, orgId);
    await offer(queue, "A");
    const lease = (await queue.claim())[0]!;

    expect(await offer(queue, "B")).toBe("inserted");
    expect(await offer(queue, "A")).toBe("merged");

    await completeAll(db, [lease]);
    await work(queue);
    expect(await offer(queue, "A")).toBe("unchanged");
  });

  test("that failed for good runs again", async () => {
    const queue = await createQueue(db, orgId);
    await offer(queue, "A");
    await fail(db, (await queue.claim())[0]!, { is_permanent: true });

    expect(await offer(queue, "A")).toBe("inserted");
  });

  test("that nobody has hashed runs every time", async () => {
    const queue = await createQueue(db, orgId);
    await queue.enqueue("a");
    await work(queue);

    expect(only(await queue.enqueue("a")).outcome).toBe("inserted");
  });

  test("is judged by kind and key, each for itself in one batch", async () => {
    const queue = await createQueue(db, orgId);
    await offer(queue, "A");
    await work(queue);

    const rows = await queue.enqueue(
      input("A"),
      { dedupe_key: "b", input_hash: "A" },
      { ...input("A"), kind: `${queue.kind}_other` },
    );

    expect(rows.map(({ dedupe_key, outcome }) => `${dedupe_key} ${outcome}`).sort()).toEqual([
      "a inserted",
      "a unchanged",
      "b inserted",
    ]);
  });

  test("keeps the estimate of the newest", async () => {
    const queue = await createQueue(db, orgId);
    const { job_id } = only(await queue.enqueue({ ...input("A"), est_tokens: 10 }));
    await queue.enqueue({ ...input("B"), est_tokens: 20 });

    const [row] = await db.query(
      "select est_tokens, input_hash from private.jobs where id = $1::text::bigint",
      [job_id],
    );
    expect(row).toEqual({ est_tokens: 20, input_hash: "B" });
    expect(await readJob(db, job_id)).toBeDefined();
  });

  test("whose job waits for later is due at once when it is merged with one that is", async () => {
    const queue = await createQueue(db, orgId);
    const inAnHour = new Date(Date.now() + 3_600_000).toISOString();
    await queue.enqueue({ ...input("A"), visible_at: inAnHour });
    expect(await queue.claim()).toEqual([]);

    await offer(queue, "B");

    expect(await queue.claim()).toHaveLength(1);
  });
});
