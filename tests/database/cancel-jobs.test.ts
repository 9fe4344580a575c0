import { afterAll, describe, expect, test } from "vitest";
import { createPersonas } from "../support/personas.ts";
import { createTestDatabase, only, type Persona } from "../support/test-database.ts";
import { completeAll, createQueue, fail, readHistory, readJob } from "./support/queue.ts";
import { raisedBy, sqlStateOf } from "./support/rejection.ts";
import {
  claimTraining,
  createDocument,
  liftTrainingCap,
  queueTraining,
  readTrainingJob,
} from "./support/training.ts";

const db = await createTestDatabase();
afterAll(() => db[Symbol.asyncDispose]());
const { orgId, owner, editor } = await createPersonas(db);

async function cancel(filter: unknown, persona: Persona = "service_role"): Promise<number> {
  const rows = await db.as(
    persona,
    (client) =>
      client.query<{ count: number }>("select public.cancel_jobs($1)::integer as count", [
        JSON.stringify(filter),
      ]),
  );
  return only(rows).count;
}

describe("cancel_jobs", () => {
  test("ends waiting, delayed and held jobs", async () => {
    const queue = await createQueue(db, orgId);
    const inAnHour = new Date(Date.now() + 3_600_000).toISOString();
    const jobs = await queue.enqueue("a", "b", { dedupe_key: "c", visible_at: inAnHour });
    await queue.claim({ max: 1 });

    expect(await cancel({ lane: queue.lane })).toBe(3);

    for (const { job_id } of jobs) {
      expect(await readJob(db, job_id)).toBeUndefined();
      expect(await readHistory(db, job_id)).toMatchObject({ outcome: "cancelled" });
    }
  });

  test("tells the worker that holds one with its next heartbeat, and takes no result", async () => {
    const queue = await createQueue(db, orgId);
    await queue.enqueue("a");
    const lease = (await queue.claim())[0]!;

    await cancel({ job_ids: [lease.job_id] });

    const beat = only(
      await db.as(
        "service_role",
        (client) =>
          client.query("select * from public.heartbeat_jobs('worker', $1)", [
            JSON.stringify([lease]),
          ]),
      ),
    );
    expect(beat).toMatchObject({ state: "cancel" });
    expect(await completeAll(db, [lease])).toEqual(["stale_lease"]);
    expect(await readHistory(db, lease.job_id)).toMatchObject({ outcome: "cancelled" });
  });

  test("frees the place that a held one took in its lane", async () => {
    const queue = await createQueue(db, orgId, { maxInFlight: 1 });
    await queue.enqueue("a", "b");
    const held = (await queue.claim())[0]!;

    await cancel({ job_ids: [held.job_id] });

    expect(await queue.claim()).toHaveLength(1);
  });

  test("finds jobs by the code of their last failure", async () => {
    const queue = await createQueue(db, orgId);
    await queue.enqueue("a", "b");
    const leases = await queue.claim();
    await fail(db, leases[0]!, { code: "PROVIDER_FAILED" });

    expect(await cancel({ lane: queue.lane, code: "PROVIDER_FAILED" })).toBe(1);
    expect(await readJob(db, leases[1]!.job_id)).toBeDefined();
  });

  test("ends the training that the job carries out", async () => {
    await liftTrainingCap(db);
    const { job } = await queueTraining(db, editor, await createDocument(db, orgId));
    const lease = await claimTraining(db, job.id);

    await cancel({ job_ids: [lease.job_id] });

    expect(await readTrainingJob(db, job.id)).toMatchObject({ status: "cancelled" });
  });

  test.each([["nothing", {}], ["something unknown", { lanes: ["embedding"] }]])(
    "refuses a filter that names %s",
    async (_, filter) => {
      expect(await raisedBy(cancel(filter))).toMatchObject({ code: "INVALID_REQUEST" });
    },
  );

  test.each([["anon", "anon" as const], ["a user", owner]])("is not for %s", async (_, persona) => {
    expect(await sqlStateOf(cancel({ lane: "embedding" }, persona))).toBe("42501");
  });
});
