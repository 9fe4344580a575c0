import { afterAll, describe, expect, test } from "vitest";
import { createPersonas } from "../support/personas.ts";
import { createTestDatabase, only, type Persona } from "../support/test-database.ts";
import { ageLane, createQueue } from "./support/queue.ts";
import { raisedBy, sqlStateOf } from "./support/rejection.ts";

const db = await createTestDatabase();
afterAll(() => db[Symbol.asyncDispose]());
const { orgId, owner } = await createPersonas(db);

/** Seconds to wait, 0 when the call may start. */
async function take(
  lane: string,
  requests: number,
  tokens: number,
  persona: Persona = "service_role",
): Promise<number> {
  const rows = await db.as(persona, (client) =>
    client.query<{ seconds: number }>(
      "select public.claim_lane_requests($1, $2, $3) as seconds",
      [lane, requests, tokens],
    ));
  return only(rows).seconds;
}

describe("claim_lane_requests", () => {
  test("lets every call go where nothing is limited", async () => {
    const { lane } = await createQueue(db, orgId);

    for (let call = 0; call < 5; call++) expect(await take(lane, 1, 1_000_000)).toBe(0);
  });

  test("takes requests out of the same bucket as claims do", async () => {
    const queue = await createQueue(db, orgId, { requestsPerMinute: 60 });
    await queue.enqueue("a", "b", "c");

    expect(await take(queue.lane, 1, 0)).toBe(0);
    expect(await queue.claim()).toHaveLength(1);
    expect(await take(queue.lane, 1, 0)).toBeGreaterThan(0.5);
    expect(await take(queue.lane, 0, 0)).toBe(0);
  });

  test("says how long to wait, and after so long the call may go", async () => {
    const { lane } = await createQueue(db, orgId, { requestsPerMinute: 6 });
    expect(await take(lane, 1, 0)).toBe(0);

    const seconds = await take(lane, 1, 0);
    await ageLane(db, lane, seconds);

    expect(seconds).toBeGreaterThan(9);
    expect(seconds).toBeLessThanOrEqual(10);
    expect(await take(lane, 1, 0)).toBe(0);
  });

  test("takes nothing while it lets one wait", async () => {
    const { lane } = await createQueue(db, orgId, { requestsPerMinute: 6 });
    await take(lane, 1, 0);

    const waits = [await take(lane, 1, 0), await take(lane, 1, 0), await take(lane, 1, 0)];

    expect(waits[2]).toBeLessThanOrEqual(waits[0]!);
  });

  test("lets a call of more tokens than the bucket go, and the next one pay for it", async () => {
    const { lane } = await createQueue(db, orgId, { tokensPerMinute: 6_000 });

    expect(await take(lane, 1, 1_200)).toBe(0);
    const wait = await take(lane, 1, 1);
    await ageLane(db, lane, wait + 0.1);

    expect(wait).toBeGreaterThan(9);
    expect(wait).toBeLessThanOrEqual(10);
    expect(await take(lane, 1, 1)).toBe(0);
  });

  test("lets a call of more requests than the bucket holds go when it is full", async () => {
    const { lane } = await createQueue(db, orgId, { requestsPerMinute: 60 });

    expect(await take(lane, 10, 0)).toBe(0);
    expect(await take(lane, 1, 0)).toBeGreaterThan(8);
  });

  test.each([["1 minute", 60], ["infinity", 3_600]])(
    "waits out a pause of %s, an hour at a time",
    async (pause, expected) => {
      const { lane } = await createQueue(db, orgId);
      await db.query(
        `update private.lanes set paused_until = case $2::text when 'infinity' then 'infinity'
           else now() + $2::text::interval end where lane = $1`,
        [lane, pause],
      );

      expect(await take(lane, 1, 1)).toBeCloseTo(expected, -1);
    },
  );

  test.each([[-5, 0], [0, -500]])(
    "does not fill a bucket with %i and %i",
    async (requests, tokens) => {
      const { lane } = await createQueue(db, orgId, { requestsPerMinute: 6, tokensPerMinute: 60 });
      await take(lane, 1, 5);

      await take(lane, requests, tokens);

      expect(await take(lane, 1, 5)).toBeGreaterThan(2);
    },
  );

  test("knows its lanes", async () => {
    expect(await raisedBy(take("nowhere", 1, 1))).toMatchObject({
      code: "LANE_NOT_FOUND",
      status: 404,
    });
  });

  test.each([["anon", "anon" as const], ["a user", owner]])("is not for %s", async (_, persona) => {
    expect(await sqlStateOf(take("embedding", 1, 1, persona))).toBe("42501");
  });
});
