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
const { orgId, strangerOrgId, owner, editor } = await createPersonas(db);

async function retry(filter: unknown, persona: Persona = "service_role"): Promise<number> {
  const rows = await db.as(
    persona,
    (client) =>
      client.query<{ count: number }>("select public.retry_dead_jobs($1)::integer as count", [
        JSON.stringify(filter),
      ]),
  );
  return only(rows).count;
}

/** A lane with dead jobs of the given keys and codes. */
async function bury(...jobs: { key?: string; code?: string; org?: string }[]) {
  const queue = await createQueue(db, orgId);
  const ids: string[] = [];
  for (const { key = crypto.randomUUID(), code = "TEST", org = orgId } of jobs) {
    await queue.enqueue({
      dedupe_key: key,
      org_id: org,
      payload: { n: ids.length },
      est_tokens: 7,
    });
    const lease = (await queue.claim())[0]!;
    await fail(db, lease, { is_permanent: true, code });
    ids.push(lease.job_id);
  }
  return { queue, ids };
}

describe("retry_dead_jobs", () => {
  test("queues a job again as it was, with its id, its error and all its attempts", async () => {
    const { queue, ids: [id] } = await bury({ code: "PROVIDER_FAILED" });

    expect(await retry({ job_ids: [id] })).toBe(1);

    expect(await readJob(db, id!)).toMatchObject({
      attempt: 0,
      payload: { n: 0 },
      last_error: { code: "PROVIDER_FAILED" },
    });
    expect(await readHistory(db, id!)).toBeUndefined();
    const lease = (await queue.claim())[0]!;
    expect(lease).toMatchObject({ job_id: id, attempt: 1 });
    expect(await completeAll(db, [lease])).toEqual(["done"]);
    expect(await readHistory(db, id!)).toMatchObject({ outcome: "completed", error: null });
  });

  test("takes those alone that have everything which the filter names", async () => {
    const { queue, ids } = await bury(
      { code: "A" },
      { code: "B" },
      { code: "A", org: strangerOrgId },
    );
    const { lane, kind } = queue;

    expect(await retry({ lane, kind: "other" })).toBe(0);
    expect(await retry({ lane, kind, code: "A", org_id: orgId, job_ids: ids })).toBe(1);
    expect(await readJob(db, ids[0]!)).toBeDefined();
    expect(await retry({ lane, org_id: strangerOrgId })).toBe(1);
    expect(await readJob(db, ids[2]!)).toBeDefined();
    expect(await retry({ kind })).toBe(1);
    expect(await retry({ kind })).toBe(0);
  });

  test("leaves what completed or was cancelled", async () => {
    const queue = await createQueue(db, orgId);
    await queue.enqueue("a");
    await completeAll(db, await queue.claim());

    expect(await retry({ lane: queue.lane })).toBe(0);
  });

  test("takes the newest of those with one key", async () => {
    const { queue, ids } = await bury({ key: "a" }, { key: "a" }, { key: "b" });

    expect(await retry({ lane: queue.lane })).toBe(2);

    expect(await readJob(db, ids[0]!)).toBeUndefined();
    expect((await queue.claim()).map(({ job_id }) => job_id).sort()).toEqual(ids.slice(1).sort());
  });

  test("does not do an older one after the newest has completed", async () => {
    const { queue, ids } = await bury({ key: "a" }, { key: "a" });
    await retry({ lane: queue.lane });
    await completeAll(db, await queue.claim());

    expect(await retry({ lane: queue.lane })).toBe(0);
    expect(await readHistory(db, ids[0]!)).toMatchObject({ outcome: "dead" });
  });

  test.each([["waits", false], ["is held", true]])(
    "leaves a job while another with its key %s",
    async (_, isHeld) => {
      const { queue } = await bury({ key: "a" });
      await queue.enqueue("a");
      if (isHeld) await queue.claim();

      expect(await retry({ lane: queue.lane })).toBe(0);
    },
  );

  test("gives the jobs of one organisation a turn each", async () => {
    const { queue } = await bury({}, {}, {}, { org: strangerOrgId });
    await retry({ lane: queue.lane });

    const leases = await queue.claim({ max: 2 });

    expect(leases.map(({ org_id }) => org_id).sort()).toEqual([orgId, strangerOrgId].sort());
  });

  test("keeps the estimate of what a job sends", async () => {
    const { ids: [id] } = await bury({});
    await retry({ job_ids: [id] });

    const rows = await db.query(
      "select est_tokens from private.jobs where id = $1::text::bigint",
      [id],
    );
    expect(rows).toEqual([{ est_tokens: 7 }]);
  });

  test("opens the training that the job carries out, and the training follows it", async () => {
    await liftTrainingCap(db);
    const { job } = await queueTraining(db, editor, await createDocument(db, orgId));
    const lease = await claimTraining(db, job.id);
    await fail(db, lease, { is_permanent: true, code: "FILE_EMPTY", message: "empty" });
    expect(await readTrainingJob(db, job.id)).toMatchObject({ status: "failed" });

    await retry({ job_ids: [lease.job_id] });

    expect(await readTrainingJob(db, job.id)).toMatchObject({
      status: "queued",
      attempts: 0,
      completed_at: null,
      error_message: "empty",
    });
    await claimTraining(db, job.id);
    expect(await readTrainingJob(db, job.id)).toMatchObject({ status: "processing", attempts: 1 });
  });

  test.each([
    ["nothing", {}],
    ["something unknown", { lane: "embedding", status: "dead" }],
    ["an id that is no list", { job_ids: "1" }],
    ["ids that are numbers", { job_ids: [1] }],
    ["a list", ["lane"]],
    ["null", null],
  ])("refuses a filter that names %s", async (_, filter) => {
    expect(await raisedBy(retry(filter))).toMatchObject({ code: "INVALID_REQUEST", status: 400 });
  });

  test.each([["anon", "anon" as const], ["a user", owner]])("is not for %s", async (_, persona) => {
    expect(await sqlStateOf(retry({ lane: "embedding" }, persona))).toBe("42501");
  });
});
