import { afterAll, describe, expect, test } from "vitest";
import { createPersonas } from "../support/personas.ts";
import { createTestDatabase, only, type Persona } from "../support/test-database.ts";
import { completeAll, createQueue } from "./support/queue.ts";
import { raisedBy, sqlStateOf } from "./support/rejection.ts";

const db = await createTestDatabase();
afterAll(() => db[Symbol.asyncDispose]());
const { orgId, owner } = await createPersonas(db);

const update = (lane: string, changes: unknown, persona: Persona = "service_role") =>
  db.as(
    persona,
    (client) => client.query("select public.update_lane($1, $2)", [lane, JSON.stringify(changes)]),
  );

describe("update_lane", () => {
  test("sets what is named and leaves the rest", async () => {
    const { lane } = await createQueue(db, orgId, { requestsPerMinute: 60, maxInFlight: 3 });

    await update(lane, { max_in_flight: 5, tokens_per_minute: 1_000 });

    const row = only(
      await db.query(
        "select max_in_flight, requests_per_minute, tokens_per_minute from private.lanes where lane = $1",
        [lane],
      ),
    );
    expect(row).toEqual({ max_in_flight: 5, requests_per_minute: 60, tokens_per_minute: 1_000 });
  });

  test("counts for the next claim: a limit, and none again", async () => {
    const queue = await createQueue(db, orgId);
    await queue.enqueue(...Array.from({ length: 20 }, (_, index) => `${index}`));

    await update(queue.lane, { requests_per_minute: 60 });
    const first = await queue.claim({ max: 20 });
    await update(queue.lane, { requests_per_minute: null });
    const second = await queue.claim({ max: 20 });

    expect([first.length, second.length]).toEqual([2, 18]);
    expect(await completeAll(db, first)).toEqual(["done", "done"]);
  });

  test.each([
    [{ max_in_flight: 0 }],
    [{ max_in_flight: 1_001 }],
    [{ max_in_flight: "many" }],
    [{ requests_per_minute: -1 }],
    [{ tokens_per_minute: 1e12 }],
    [{ max_in_fligth: 4 }],
    [{}],
    [[]],
    [null],
  ])("refuses %j", async (changes) => {
    const { lane } = await createQueue(db, orgId);

    expect(await raisedBy(update(lane, changes))).toMatchObject({
      code: "INVALID_REQUEST",
      status: 400,
    });
  });

  test("knows its lanes", async () => {
    expect(await raisedBy(update("nowhere", { max_in_flight: 1 }))).toMatchObject({
      code: "LANE_NOT_FOUND",
    });
  });

  test.each([["anon", "anon" as const], ["a user", owner]])("is not for %s", async (_, persona) => {
    expect(await sqlStateOf(update("embedding", { max_in_flight: 1 }, persona))).toBe("42501");
  });
});

describe("update_lane_start", () => {
  const start = (max: number) =>
    db.as(
      "service_role",
      (client) => client.query("select public.update_lane_start('pass2', $1)", [max]),
    );
  const cap = async () =>
    (await db.query<{ max: number }>(
      "select max_in_flight as max from private.lanes where lane = 'pass2'",
    ))[0]!.max;

  test("sets what a worker's environment asks for, and leaves what an operator sets then", async () => {
    expect(await cap()).toBe(3);

    await start(5);
    expect(await cap()).toBe(5);

    await db.query(`select private.update_lane('pass2', '{"max_in_flight": 2}')`);
    await start(5);
    expect(await cap()).toBe(2);

    await start(8);
    expect(await cap()).toBe(8);
  });

  test("refuses what is no number of jobs", async () => {
    expect(await raisedBy(start(0))).toMatchObject({ code: "INVALID_REQUEST" });
  });
});
