import { afterAll, describe, expect, test } from "vitest";
import { createCast } from "../database/support/cast.ts";
import { completeAll, createQueue, type Lease } from "../database/support/queue.ts";
import { createTestDatabase } from "../support/test-database.ts";
import { countInFlight, highestDuring, times } from "./support/concurrency.ts";
import { pauseMidway } from "./support/pause-midway.ts";

const db = await createTestDatabase();
afterAll(() => db[Symbol.asyncDispose]());
const cast = await createCast(db);

const keys = (count: number) => Array.from({ length: count }, (_, index) => `${index}`);

describe("sixteen workers", () => {
  test("move jobs between two lanes both ways, and never hold more than either may", async () => {
    const queue = await createQueue(db, cast.orgId, { maxInFlight: 6 });
    const { lane: other } = await createQueue(db, cast.orgId, { maxInFlight: 6 });
    await queue.enqueue(
      ...keys(600).map((dedupe_key) => ({
        dedupe_key,
        lane: Number(dedupe_key) % 2 === 0 ? queue.lane : other,
      })),
    );
    const done: string[] = [];

    const work = async (worker: number) => {
      let held: Lease[] = [];
      while (done.length < 600) {
        const leases = await queue.claim({
          worker: `${worker}`,
          max: 3,
          moves: held.map((lease) => ({
            ...lease,
            lane: lease.lane === other ? queue.lane : other,
          })),
        });
        expect(await completeAll(db, held)).toEqual(held.map(() => "done"));
        done.push(...held.map(({ job_id }) => job_id));
        held = leases;
      }
    };
    const highest = await highestDuring(
      async () =>
        Math.max(...await Promise.all([queue.lane, other].map((lane) => countInFlight(db, lane)))),
      times(16, work),
    );

    expect(new Set(done).size).toBe(600);
    expect(highest).toBeLessThanOrEqual(6);
    expect(highest).toBeGreaterThan(1);
  }, 60_000);
});

describe("a claim", () => {
  test("does not wait for a moving job whose result somebody is storing", async () => {
    const queue = await createQueue(db, cast.orgId);
    await queue.enqueue("a", "b");
    const { lane } = await createQueue(db, cast.orgId);
    const held = (await queue.claim({ max: 1 }))[0]!;

    const endStore = await pauseMidway(db.transaction, async (client, pause) => {
      await client.query("select from private.jobs where id = $1::text::bigint for update", [
        held.job_id,
      ]);
      await pause();
    });
    const leases = await queue.claim({ moves: [{ ...held, lane }] });
    await endStore();

    expect(leases).toHaveLength(1);
    expect(await countInFlight(db, lane)).toBe(0);
  });
});
