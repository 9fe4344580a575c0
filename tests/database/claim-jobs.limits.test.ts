import { afterAll, describe, expect, test } from "vitest";
import { createPersonas } from "../support/personas.ts";
import { createTestDatabase } from "../support/test-database.ts";
import { ageLane, claim, completeAll, createQueue, defer, type Queue } from "./support/queue.ts";
import { raisedBy } from "./support/rejection.ts";

const db = await createTestDatabase();
afterAll(() => db[Symbol.asyncDispose]());
const { orgId } = await createPersonas(db);

const many = (count: number, est_tokens = 0) =>
  Array.from({ length: count }, () => ({ dedupe_key: crypto.randomUUID(), est_tokens }));

/** Claims as many as it gets, and completes them; returns how many. */
async function drain(queue: Queue): Promise<number> {
  const leases = await queue.claim({ max: 100 });
  await completeAll(db, leases);
  return leases.length;
}

describe("claim_jobs, in the lanes that it is asked for", () => {
  test("takes the jobs of those alone", async () => {
    const first = await createQueue(db, orgId);
    const second = await createQueue(db, orgId);
    await first.enqueue("a");
    await second.enqueue("a");

    const leases = await claim(db, { lanes: [second.lane, "nowhere"], max: 100 });

    expect(leases.map(({ lane }) => lane)).toEqual([second.lane]);
  });

  test("takes no job of none", async () => {
    await (await createQueue(db, orgId)).enqueue("a");

    expect(await claim(db, { lanes: [""], max: 100 })).toEqual([]);
  });
});

describe("claim_jobs, one at a time", () => {
  test("lets no lane wait for another's backlog", async () => {
    const queues = [await createQueue(db, orgId), await createQueue(db, orgId)];
    for (const queue of queues) await queue.enqueue(...many(60));
    const lanes = queues.map(({ lane }) => lane);
    const served: string[] = [];

    for (let round = 0; round < 40; round++) {
      served.push(...(await claim(db, { lanes, max: 1 })).map(({ lane }) => lane));
    }

    for (const lane of lanes) {
      // Of 40 fair throws fewer than 5 come once in 200 million times.
      expect(served.filter((one) => one === lane).length).toBeGreaterThanOrEqual(5);
    }
  });
});

describe("claim_jobs, in a lane with a rate of requests", () => {
  test("starts with two seconds' worth, and goes on at the rate", async () => {
    const queue = await createQueue(db, orgId, { requestsPerMinute: 60 });
    await queue.enqueue(...many(20));

    expect(await drain(queue)).toBe(2);
    expect(await drain(queue)).toBe(0);
    await ageLane(db, queue.lane, 1);
    expect(await drain(queue)).toBe(1);
    await ageLane(db, queue.lane, 86_400);
    expect(await drain(queue)).toBe(2);
  });

  test("never gives more in a minute than the rate and one burst, nor wastes any of it", async () => {
    const queue = await createQueue(db, orgId, { requestsPerMinute: 60 });
    await queue.enqueue(...many(100));
    const startedAt = performance.now();
    let given = 0;

    for (let step = 0; step < 120; step++) {
      given += await drain(queue);
      await ageLane(db, queue.lane, 0.5);
    }

    const seconds = 60 + (performance.now() - startedAt) / 1000;
    expect(given).toBeLessThanOrEqual(2 + seconds);
    expect(given).toBeGreaterThanOrEqual(60);
  });

  test("gives one a minute where one is allowed", async () => {
    const queue = await createQueue(db, orgId, { requestsPerMinute: 1 });
    await queue.enqueue(...many(3));

    expect(await drain(queue)).toBe(1);
    await ageLane(db, queue.lane, 55);
    expect(await drain(queue)).toBe(0);
    await ageLane(db, queue.lane, 5);
    expect(await drain(queue)).toBe(1);
  });

  test("leaves what it may not give to nobody else's harm", async () => {
    const limited = await createQueue(db, orgId, { requestsPerMinute: 1 });
    const free = await createQueue(db, orgId);
    await limited.enqueue(...many(5));
    await free.enqueue(...many(5));

    const leases = await claim(db, { kinds: [limited.kind, free.kind], max: 10 });

    expect(leases.filter(({ lane }) => lane === free.lane)).toHaveLength(5);
  });
});

describe("claim_jobs, in a lane with a rate of tokens", () => {
  test("gives jobs until the bucket is empty", async () => {
    const queue = await createQueue(db, orgId, { tokensPerMinute: 6_000 });
    await queue.enqueue(...many(10, 70));

    expect(await drain(queue)).toBe(3);
    expect(await drain(queue)).toBe(0);
  });

  test("gives a job that is larger than the bucket, and pays the debt before the next", async () => {
    const queue = await createQueue(db, orgId, { tokensPerMinute: 6_000 });
    await queue.enqueue(...many(1, 1_200), ...many(1, 1));

    expect(await drain(queue)).toBe(1);
    await ageLane(db, queue.lane, 9);
    expect(await drain(queue)).toBe(0);
    await ageLane(db, queue.lane, 1.5);
    expect(await drain(queue)).toBe(1);
  });
});

describe("claim_jobs, with max_tokens", () => {
  test.each([[120, 2], [150, 3], [1_000_000, 10]])(
    "gives no more than %i tokens: %i jobs of 50",
    async (maxTokens, expected) => {
      const queue = await createQueue(db, orgId);
      await queue.enqueue(...many(10, 50));

      expect(await queue.claim({ maxTokens })).toHaveLength(expected);
    },
  );

  test("gives a job that is larger than that by itself: else nobody would ever do it", async () => {
    const queue = await createQueue(db, orgId);
    await queue.enqueue(...many(2, 500));

    expect(await queue.claim({ maxTokens: 100 })).toHaveLength(1);
  });

  test.each([[0], [-1]])("gives nothing for %i", async (maxTokens) => {
    const queue = await createQueue(db, orgId);
    await queue.enqueue(...many(2));

    expect(await queue.claim({ maxTokens })).toEqual([]);
  });
});

describe("claim_jobs, in a lane whose provider has refused", () => {
  test("fills half the lane, and one place more with each minute, up to its limit", async () => {
    const queue = await createQueue(db, orgId, { maxInFlight: 8 });
    await queue.enqueue(...many(40));
    const leases = await queue.claim({ max: 8 });
    await defer(db, leases[0]!, { seconds: 1 });
    await completeAll(db, leases);

    // The pause is over, its minute is not.
    await ageLane(db, queue.lane, 2);
    const counts = [await drain(queue)];
    for (const seconds of [50, 10, 60, 60]) {
      await ageLane(db, queue.lane, seconds);
      counts.push(await drain(queue));
    }
    await queue.enqueue(...many(20));
    await ageLane(db, queue.lane, 3_600);
    counts.push(await drain(queue));

    expect(counts).toEqual([4, 4, 5, 6, 7, 8]);
  });
});

describe("claim_jobs, for a worker that is asked to end", () => {
  test("gives nothing and says so, as long as it drains", async () => {
    const queue = await createQueue(db, orgId);
    await queue.enqueue("a");
    const worker = crypto.randomUUID();
    await claim(db, { worker, kinds: ["none"] });
    await db.query("update private.workers set is_draining = true where id = $1", [worker]);

    const raised = await raisedBy(queue.claim({ worker }));

    expect(raised).toMatchObject({ code: "WORKER_DRAINING", status: 409 });
    expect(await queue.claim({ worker: "another" })).toHaveLength(1);
  });
});
