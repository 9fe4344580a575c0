import { afterAll, describe, expect, test } from "vitest";
import { createPersonas } from "../support/personas.ts";
import { createTestDatabase, only, type Persona } from "../support/test-database.ts";
import { claim, completeAll, createQueue, release } from "./support/queue.ts";
import { raisedBy, sqlStateOf } from "./support/rejection.ts";

const db = await createTestDatabase();
afterAll(() => db[Symbol.asyncDispose]());
const { orgId, owner } = await createPersonas(db);

async function drain(worker: string | null, persona: Persona = "service_role"): Promise<number> {
  const rows = await db.as(
    persona,
    (client) =>
      client.query<{ count: number }>("select public.drain_workers($1)::integer as count", [
        worker,
      ]),
  );
  return only(rows).count;
}

async function start(): Promise<string> {
  const worker = crypto.randomUUID();
  await claim(db, { worker, kinds: ["none"] });
  return worker;
}

describe("drain_workers", () => {
  test("lets one worker finish what it holds, and claim nothing more", async () => {
    const queue = await createQueue(db, orgId);
    await queue.enqueue("a", "b");
    const worker = crypto.randomUUID();
    const lease = (await queue.claim({ worker, max: 1 }))[0]!;

    expect(await drain(worker)).toBe(1);

    const beat = only(
      await db.as(
        "service_role",
        (client) =>
          client.query("select * from public.heartbeat_jobs($1, $2)", [
            worker,
            JSON.stringify([lease]),
          ]),
      ),
    );
    expect(beat).toMatchObject({ state: "ok", is_draining: true });
    expect(await raisedBy(queue.claim({ worker }))).toMatchObject({ code: "WORKER_DRAINING" });
    expect(await completeAll(db, [lease])).toEqual(["done"]);
    expect(await queue.claim({ worker: await start() })).toHaveLength(1);
  });

  test("asks every worker that runs, and none that comes later", async () => {
    await db.query("delete from private.workers where true");
    const running = [await start(), await start()];

    expect(await drain(null)).toBe(2);

    for (const worker of running) {
      expect(await raisedBy(claim(db, { worker }))).toMatchObject({ code: "WORKER_DRAINING" });
    }
    await expect(start()).resolves.toBeTypeOf("string");
  });

  test("does not count a draining worker as one that is there for due jobs", async () => {
    const queue = await createQueue(db, orgId);
    await queue.enqueue("a");
    await db.query("delete from private.workers where true");
    const worker = await start();
    const missing = async () =>
      only(
        await db.query<{ count: number }>(
          "select private.get_missing_worker_count(clock_timestamp())::integer as count",
        ),
      ).count;
    const before = await missing();

    await drain(worker);

    expect([before, await missing()]).toEqual([0, 1]);
    await release(db, worker);
  });

  test("knows when there is no such worker", async () => {
    expect(await drain(crypto.randomUUID())).toBe(0);
  });

  test.each([["anon", "anon" as const], ["a user", owner]])("is not for %s", async (_, persona) => {
    expect(await sqlStateOf(drain(null, persona))).toBe("42501");
  });
});
