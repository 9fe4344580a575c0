import { afterAll, describe, expect, test } from "vitest";
import { createTestDatabase } from "../support/test-database.ts";
import { createCast } from "../database/support/cast.ts";
import {
  claim,
  createQueue,
  fail,
  type Lease,
  makeDue,
  release,
} from "../database/support/queue.ts";
import { countInFlight, createGate, times, untilBlocked } from "./support/concurrency.ts";
import { pauseMidway } from "./support/pause-midway.ts";

const db = await createTestDatabase();
afterAll(() => db[Symbol.asyncDispose]());
const cast = await createCast(db);

describe("workers that claim at once", () => {
  test("get disjoint sets, a hundred times over", async () => {
    const queue = await createQueue(db, cast.orgId, { maxInFlight: 1000 });
    await queue.enqueue(...Array.from({ length: 600 }, (_, index) => `${index}`));
    const seen: string[] = [];

    for (let round = 0; round < 100; round++) {
      const sets = await times(2, (worker) => queue.claim({ worker: `${worker}`, max: 3 }));
      expect(sets.map((set) => set.length)).toEqual([3, 3]);
      seen.push(...sets.flat().map(({ job_id }) => job_id));
    }

    expect(new Set(seen).size).toBe(600);
  });

  test("fill the lane to its cap exactly, sixteen of them", async () => {
    const queue = await createQueue(db, cast.orgId, { maxInFlight: 7 });
    await queue.enqueue(...Array.from({ length: 100 }, (_, index) => `${index}`));

    for (let round = 0; round < 10; round++) {
      const sets = await times(16, (worker) => queue.claim({ worker: `${worker}`, max: 3 }));
      expect(sets.flat()).toHaveLength(7);
      for (const lease of sets.flat()) await fail(db, lease, { is_permanent: true });
    }
  });

  test("never exceed the cap while others finish, and do every job once", async () => {
    const queue = await createQueue(db, cast.orgId, { maxInFlight: 5 });
    await queue.enqueue(...Array.from({ length: 200 }, (_, index) => `${index}`));
    const done: string[] = [];
    let highest = 0;

    const work = async (worker: number) => {
      for (let empty = 0; empty < 20 && done.length < 200;) {
        const leases = await queue.claim({ worker: `${worker}`, max: 2 });
        empty = leases.length > 0 ? 0 : empty + 1;
        highest = Math.max(highest, await countInFlight(db, queue.lane));
        for (const lease of leases) {
          expect(await fail(db, lease, { is_permanent: true })).toBe("dead");
          done.push(lease.job_id);
        }
      }
    };
    await times(16, work);

    expect(highest).toBe(5);
    expect(done).toHaveLength(200);
    expect(new Set(done).size).toBe(200);
  });

  test("pass over a job that an open transaction is changing, without waiting", async () => {
    const queue = await createQueue(db, cast.orgId);
    const [changing] = await queue.enqueue("a", "b");

    const endMerge = await pauseMidway(db.transaction, async (client, pause) => {
      await client.query("update private.jobs set priority = 1 where id = $1::text::bigint", [
        changing!.job_id,
      ]);
      await pause();
    });
    const leases = await queue.claim();

    await endMerge();
    expect(leases).toHaveLength(1);
    expect(leases[0]!.job_id).not.toBe(changing!.job_id);
  });

  test("hand an expired lease to one of them", async () => {
    const queue = await createQueue(db, cast.orgId);
    await queue.enqueue("a");
    const lost = (await queue.claim())[0]!;

    for (let round = 0; round < 3; round++) {
      await makeDue(db, lost.job_id);
      const sets = await times(8, (worker) => queue.claim({ worker: `${worker}` }));

      expect(sets.flat()).toHaveLength(1);
      expect(sets.flat()[0]!.attempt).toBe(round + 2);
    }
  });

  test("do not deadlock over several lanes", async () => {
    const queues = await times(4, () => createQueue(db, cast.orgId, { maxInFlight: 3 }));
    for (const queue of queues) {
      await queue.enqueue(...Array.from({ length: 50 }, (_, index) => `${index}`));
    }

    const sets = await times(
      16,
      (worker) =>
        claim(db, { worker: `${worker}`, kinds: queues.map(({ kind }) => kind), max: 100 }),
    );

    expect(sets.flat()).toHaveLength(12);
  });
});

describe("a worker that stops", () => {
  test("releases while a heartbeat is on its way, without a deadlock", async () => {
    for (let round = 0; round < 20; round++) {
      const queue = await createQueue(db, cast.orgId);
      await queue.enqueue(...Array.from({ length: 30 }, (_, index) => `${index}`));
      const leases = await queue.claim({ worker: "stopping", max: 30 });
      const beat = (order: Lease[]) =>
        db.as(
          "service_role",
          (client) =>
            client.query("select * from public.heartbeat_jobs('stopping', $1)", [
              JSON.stringify(order),
            ]),
        );

      await Promise.all([beat(leases.toReversed()), release(db, "stopping"), beat(leases)]);

      expect(await countInFlight(db, queue.lane)).toBe(0);
    }
  });

  test("releases while its jobs are enqueued anew, without a deadlock", async () => {
    const queue = await createQueue(db, cast.orgId);
    await queue.enqueue("b");
    await queue.enqueue("a");
    await queue.claim({ worker: "stopping" });
    const releasing = createGate();
    const enqueued = (key: string) => [JSON.stringify(queue.toJobs(key))];

    // What one enqueue of both does, with a pause in its middle.
    const enqueuing = db.transaction(async (client) => {
      await client.query("select * from private.enqueue_jobs($1)", enqueued("a"));
      releasing.open();
      await untilBlocked(db, "release_jobs");
      await client.query("select * from private.enqueue_jobs($1)", enqueued("b"));
    });
    await releasing.passed;
    await Promise.all([enqueuing, release(db, "stopping")]);

    expect(await countInFlight(db, queue.lane)).toBe(0);
  });
});
