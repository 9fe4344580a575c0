import { afterAll, describe, expect, test } from "vitest";
import { createPersonas } from "../support/personas.ts";
import { createTestDatabase, only } from "../support/test-database.ts";
import {
  ageLane,
  createQueue,
  defer,
  fail,
  type Lease,
  makeDue,
  type Queue,
  readHistory,
  readJob,
} from "./support/queue.ts";
import { raisedBy, sqlStateOf } from "./support/rejection.ts";

const db = await createTestDatabase();
afterAll(() => db[Symbol.asyncDispose]());
const { orgId, owner } = await createPersonas(db);

async function holdOne(options: { maxInFlight?: number } = {}) {
  const queue = await createQueue(db, orgId, options);
  await queue.enqueue("a");
  return { queue, lease: (await queue.claim())[0]! };
}

/** How a lane stands; `paused_for` in seconds. */
async function readLane({ lane }: Queue) {
  return only(
    await db.query<{ paused_for: number; pause_reason: string | null; cap: number }>(
      `select extract(epoch from paused_until - clock_timestamp())::double precision as paused_for,
         pause_reason, private.get_lane_cap(lanes, clock_timestamp()) as cap
       from private.lanes where lane = $1`,
      [lane],
    ),
  );
}

describe("defer_jobs", () => {
  test("gives the job back with its attempt and its error, and pauses its lane", async () => {
    const { queue, lease } = await holdOne();

    const outcome = await defer(db, lease, { seconds: 30 });

    expect(outcome).toBe("waiting");
    expect(await readJob(db, lease.job_id)).toMatchObject({
      attempt: 0,
      lease_token: null,
      last_error: { code: "PROVIDER_RATE_LIMITED", message: "busy" },
    });
    const lane = await readLane(queue);
    expect(lane.pause_reason).toBe("PROVIDER_RATE_LIMITED");
    expect(lane.paused_for).toBeGreaterThan(29);
    expect(lane.paused_for).toBeLessThanOrEqual(33);
    expect(await queue.claim()).toEqual([]);
  });

  test("lets the job go again when the pause ends, without a pause of its own", async () => {
    const { queue, lease } = await holdOne();
    await defer(db, lease, { seconds: 30 });

    await ageLane(db, queue.lane, 34);

    expect((await queue.claim()).map(({ attempt }) => attempt)).toEqual([1]);
  });

  test("leaves the lane alone when only the job is meant, and lets it wait by itself", async () => {
    const { queue, lease } = await holdOne({ maxInFlight: 8 });
    const other = only(await queue.enqueue("b"));

    await defer(db, lease, { seconds: 30, scope: "job" });

    expect(await readLane(queue)).toEqual({ paused_for: null, pause_reason: null, cap: 8 });
    const job = await readJob(db, lease.job_id);
    expect(job).toMatchObject({ attempt: 0 });
    expect(job!.due_in).toBeGreaterThan(29);
    expect((await queue.claim()).map(({ job_id }) => job_id)).toEqual([other.job_id]);
  });

  test.each([[-7, 1, 1.1], [0, 1, 1.1], [0.2, 1, 1.1], [3_600, 600, 660], [1e300, 600, 660]])(
    "takes %d s for one of %d to %d s",
    async (seconds, least, most) => {
      const { queue, lease } = await holdOne();

      await defer(db, lease, { seconds });

      const { paused_for } = await readLane(queue);
      expect(paused_for).toBeGreaterThan(least - 0.9);
      expect(paused_for).toBeLessThanOrEqual(most);
    },
  );

  test("waits 5 s, doubled each time that the job was sent back, where nobody says how long", async () => {
    const { queue, lease } = await holdOne();
    const waits: number[] = [];

    for (let held: Lease | undefined = lease; held && waits.length < 9;) {
      await defer(db, held);
      waits.push(Math.round((await readLane(queue)).paused_for / 1.1));
      await ageLane(db, queue.lane, 3_600);
      held = (await queue.claim())[0];
    }

    const expected = [5, 10, 20, 40, 80, 160, 320, 600, 600];
    waits.forEach((wait, at) => {
      expect(wait).toBeGreaterThanOrEqual(Math.floor(expected[at]! / 1.1) - 1);
      expect(wait).toBeLessThanOrEqual(expected[at]!);
    });
    expect(waits).toHaveLength(expected.length);
  });

  test("halves what the lane may hold once for a burst, and again for the next", async () => {
    const queue = await createQueue(db, orgId, { maxInFlight: 8 });
    await queue.enqueue("a", "b", "c", "d");
    const leases = await queue.claim();

    const caps: number[] = [];
    for (const lease of leases.slice(0, 3)) {
      await defer(db, lease, { seconds: 5 });
      caps.push((await readLane(queue)).cap);
    }
    await ageLane(db, queue.lane, 6);
    await defer(db, leases[3]!, { seconds: 5 });
    caps.push((await readLane(queue)).cap);

    expect(caps).toEqual([4, 4, 4, 2]);
  });

  test("leaves a lane at least one place", async () => {
    const { queue, lease } = await holdOne({ maxInFlight: 1 });

    await defer(db, lease, { seconds: 5 });

    expect(await readLane(queue)).toMatchObject({ cap: 1 });
  });

  test("lets a longer pause stand, with its reason", async () => {
    const { queue, lease } = await holdOne();
    await db.query(
      `update private.lanes set paused_until = 'infinity', pause_reason = 'OPERATOR' where lane = $1`,
      [queue.lane],
    );

    await defer(db, lease, { seconds: 5 });

    expect(await readLane(queue)).toMatchObject({ paused_for: Infinity, pause_reason: "OPERATOR" });
  });

  test("pauses each lane for the longest of its jobs", async () => {
    const queues = [await createQueue(db, orgId), await createQueue(db, orgId)];
    const leases: Lease[] = [];
    for (const queue of queues) {
      await queue.enqueue("a", "b");
      leases.push(...await queue.claim());
    }
    await db.query("update private.jobs set defer_count = 4 where id = $1::text::bigint", [
      leases[0]!.job_id,
    ]);

    await db.as("service_role", (client) =>
      client.query("select * from public.defer_jobs($1)", [
        JSON.stringify(leases.map((lease) => ({ ...lease, code: "BUSY", message: "" }))),
      ]));

    const [first, second] = await Promise.all(queues.map(readLane));
    expect(first!.paused_for).toBeGreaterThan(79);
    expect(second!.paused_for).toBeLessThan(6);
  });

  test("ends a job whose first attempt was over a day ago", async () => {
    const { lease } = await holdOne();
    await db.query(
      `update private.jobs set first_claimed_at = now() - interval '25 hours'
       where id = $1::text::bigint`,
      [lease.job_id],
    );

    expect(await defer(db, lease)).toBe("dead");
    expect(await readHistory(db, lease.job_id)).toMatchObject({
      outcome: "dead",
      error: { code: "PROVIDER_RATE_LIMITED" },
    });
  });

  test("never ends a younger one, in its last attempt and however often", async () => {
    const { queue, lease } = await holdOne();
    await db.query("update private.jobs set max_attempts = 1 where id = $1::text::bigint", [
      lease.job_id,
    ]);

    for (let round = 0, held = lease; round < 30; round++) {
      expect(await defer(db, held)).toBe("waiting");
      await ageLane(db, queue.lane, 700);
      held = (await queue.claim())[0]!;
    }
  });

  test("gives way to a newer job with its key", async () => {
    const { queue, lease } = await holdOne();
    const newer = only(await queue.enqueue("a"));

    expect(await defer(db, lease)).toBe("superseded");
    expect(await readHistory(db, lease.job_id)).toMatchObject({ outcome: "superseded" });
    expect(await readJob(db, newer.job_id)).toMatchObject({ attempt: 0 });
  });

  test("changes neither job nor lane for a worker that has lost the job", async () => {
    const { queue, lease } = await holdOne();
    await makeDue(db, lease.job_id);
    const second = (await queue.claim({ worker: "other" }))[0]!;

    expect(await defer(db, lease)).toBe("stale_lease");
    expect(await readJob(db, lease.job_id)).toMatchObject({ lease_token: second.lease_token });
    expect(await readLane(queue)).toMatchObject({ paused_for: null });
    expect(await fail(db, second)).toBe("waiting");
  });

  test.each([["worker"], [""], [null]])("refuses the scope %j", async (scope) => {
    const { lease } = await holdOne();

    expect(await raisedBy(defer(db, lease, { scope }))).toMatchObject({
      code: "INVALID_REQUEST",
      status: 400,
    });
  });

  test.each([["anon", "anon" as const], ["a user", owner]])("is not for %s", async (_, persona) => {
    const work = db.as(persona, (client) => client.query("select public.defer_jobs('[]')"));

    expect(await sqlStateOf(work)).toBe("42501");
  });
});
