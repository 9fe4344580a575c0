import { afterAll, describe, expect, test } from "vitest";
import { createPersonas } from "../support/personas.ts";
import { createTestDatabase, only } from "../support/test-database.ts";
import { claim, createQueue, type Lease, makeDue, type Queue } from "./support/queue.ts";
import { raisedBy } from "./support/rejection.ts";

const db = await createTestDatabase();
afterAll(() => db[Symbol.asyncDispose]());
const { orgId } = await createPersonas(db);

/** Two jobs in a lane with one place, of which the first is held, and a queue in the lane to go to. */
async function start(): Promise<{ queue: Queue; held: Lease; next: Queue }> {
  const queue = await createQueue(db, orgId, { maxInFlight: 1 });
  await queue.enqueue("first", "second");
  const next = await createQueue(db, orgId, { requestsPerMinute: 60, tokensPerMinute: 6000 });
  return { queue, held: (await queue.claim())[0]!, next };
}

const keys = async (leases: Lease[]) =>
  (await db.query<{ dedupe_key: string }>(
    "select dedupe_key from private.jobs where id = any (string_to_array($1, ',')::bigint[])",
    [leases.map(({ job_id }) => job_id).join(",")],
  )).map(({ dedupe_key }) => dedupe_key);

const jobOf = async ({ job_id }: Lease) =>
  only(
    await db.query(
      `select lane, lease_token, est_tokens from private.jobs where id = $1::text::bigint`,
      [job_id],
    ),
  );

/** What is left of two seconds' worth of requests and tokens. */
const budgetsOf = async ({ lane }: Queue) =>
  only(
    await db.query<{ requests: number; tokens: number }>(
      `select floor(request_budget)::integer as requests, floor(token_budget)::integer as tokens
       from private.lanes where lane = $1`,
      [lane],
    ),
  );

const hold = async (queue: Queue) => {
  await queue.enqueue("held");
  await queue.claim();
};
const change = (statement: string) => ({ lane }: Queue) =>
  db.query(`update private.lanes set ${statement} where lane = $1`, [lane]);

describe("claim_jobs, of a worker whose job goes on in another lane", () => {
  test("hands out its place with the call that moves it", async () => {
    const { queue, held, next } = await start();
    const { job_id, lease_token } = held;
    expect(await queue.claim()).toEqual([]);

    const leases = await queue.claim({
      moves: [{ job_id, lease_token, lane: next.lane, token_count: 50 }],
    });

    expect(await keys(leases)).toEqual(["second"]);
    expect(await jobOf(held)).toEqual({ lane: next.lane, lease_token, est_tokens: 50 });
  });

  test("pays for its next call, once", async () => {
    const { queue, held, next } = await start();
    const move = { ...held, lane: next.lane, token_count: 100 };

    await queue.claim({ moves: [move, move] });
    await queue.claim({ moves: [move] });

    const { requests, tokens } = await budgetsOf(next);
    expect(requests).toBe(1);
    expect(tokens).toBeGreaterThanOrEqual(100);
    expect(tokens).toBeLessThan(200);
  });

  test.each<[string, (next: Queue) => Promise<unknown>]>([
    ["is full", async (next) => {
      await hold(next);
      await change("max_in_flight = 1")(next);
    }],
    ["is paused", change("paused_until = 'infinity'")],
    ["has no request left", change("request_budget = -60, refilled_at = now()")],
    ["has no tokens left", change("token_budget = -6000, refilled_at = now()")],
  ])("leaves it where it is when the other %s", async (_, close) => {
    const { queue, held, next } = await start();
    await close(next);

    expect(await queue.claim({ moves: [{ ...held, lane: next.lane }] })).toEqual([]);
    expect(await jobOf(held)).toMatchObject({ lane: queue.lane, lease_token: held.lease_token });
  });

  test("moves nothing for a worker that was overtaken", async () => {
    const { queue, held, next } = await start();
    await makeDue(db, held.job_id);
    const taken = (await queue.claim({ worker: "other" }))[0]!;
    expect(taken.job_id).toBe(held.job_id);

    expect(await queue.claim({ moves: [{ ...held, lane: next.lane }] })).toEqual([]);
    expect(await jobOf(taken)).toMatchObject({ lane: queue.lane });
  });

  test.each([
    ["INVALID_REQUEST", "a job that is no number", { job_id: "x", lane: "embedding" }],
    ["INVALID_REQUEST", "a token that is none", { lease_token: "x", lane: "embedding" }],
    ["LANE_NOT_FOUND", "a lane that is none", { lane: "nowhere" }],
  ])("raises %s for %s, and claims nothing", async (code, _, change) => {
    const { queue, held } = await start();
    await db.query("update private.lanes set max_in_flight = 2 where lane = $1", [queue.lane]);
    const moves = [{ ...held, ...change }];

    expect((await raisedBy(claim(db, { kinds: [queue.kind], moves }))).code).toBe(code);
    expect(await queue.claim()).toHaveLength(1);
  });
});
