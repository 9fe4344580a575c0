import { afterAll, describe, expect, test } from "vitest";
import { setVaultSecrets } from "../../local/database/set-vault-secrets.ts";
import { createPersonas } from "../support/personas.ts";
import { createTestDatabase, type Persona } from "../support/test-database.ts";
import { createQueue, defer } from "./support/queue.ts";
import { raisedBy, sqlStateOf } from "./support/rejection.ts";

const db = await createTestDatabase();
afterAll(() => db[Symbol.asyncDispose]());
const { orgId, owner } = await createPersonas(db);

const pause = (lane: string, until: string | null, persona: Persona = "service_role") =>
  db.as(
    persona,
    (client) => client.query("select public.pause_lane($1, $2::text::timestamptz)", [lane, until]),
  );
const inAnHour = new Date(Date.now() + 3_600_000).toISOString();

describe("pause_lane", () => {
  test.each([[inAnHour], ["infinity"]])("lets no job be claimed until %s", async (until) => {
    const queue = await createQueue(db, orgId);
    await queue.enqueue("a");

    await pause(queue.lane, until);

    expect(await queue.claim()).toEqual([]);
    const [row] = await db.as(
      "service_role",
      (client) =>
        client.query("select pause_reason from public.job_lanes where lane = $1", [queue.lane]),
    );
    expect(row).toEqual({ pause_reason: "OPERATOR" });
  });

  test("without a time resumes the lane at its full size, whoever paused it", async () => {
    const queue = await createQueue(db, orgId, { maxInFlight: 4 });
    await queue.enqueue("a", "b", "c", "d");
    await defer(db, (await queue.claim({ max: 1 }))[0]!, { seconds: 600 });
    expect(await queue.claim()).toEqual([]);

    await pause(queue.lane, null);

    expect(await queue.claim()).toHaveLength(4);
  });

  test("calls a worker when it resumes a lane where jobs are due", async () => {
    const queue = await createQueue(db, orgId);
    await pause(queue.lane, "infinity");
    await queue.enqueue("a");
    await setVaultSecrets(db, { project_url: "https://a.example", cron_secret_key: "key" });
    await db.exec("delete from private.workers; delete from net.http_request_queue");

    await pause(queue.lane, null);

    expect(await db.query("select from net.http_request_queue")).toHaveLength(1);
  });

  test("knows its lanes", async () => {
    expect(await raisedBy(pause("nowhere", inAnHour))).toMatchObject({ code: "LANE_NOT_FOUND" });
  });

  test.each([["anon", "anon" as const], ["a user", owner]])("is not for %s", async (_, persona) => {
    expect(await sqlStateOf(pause("embedding", null, persona))).toBe("42501");
  });
});
