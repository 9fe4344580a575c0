import { afterAll, describe, expect, test } from "vitest";
import { createTestDatabase, only, type Persona } from "../support/test-database.ts";
import { createCast } from "./support/cast.ts";
import { fail, readHistory, readJob } from "./support/queue.ts";
import { raisedBy, sqlStateOf } from "./support/rejection.ts";
import {
  addChunks,
  chunk,
  claimTraining,
  complete,
  createDocument,
  liftTrainingCap,
  queueTraining,
  readTrainingJob,
  storedChunks,
  type TrainingJob,
} from "./support/training.ts";

const db = await createTestDatabase();
afterAll(() => db[Symbol.asyncDispose]());
const cast = await createCast(db);
await liftTrainingCap(db);

async function cancel(persona: Persona, id: string): Promise<TrainingJob> {
  return only(
    await db.as(
      persona,
      (client) => client.query<TrainingJob>("select * from public.cancel_training_job($1)", [id]),
    ),
  );
}

async function queue(): Promise<TrainingJob> {
  const document = await createDocument(db, cast.orgId);
  return (await queueTraining(db, cast.editor, document)).job;
}

describe("cancel_training_job", () => {
  test("ends a job that waits", async () => {
    const { id, vault_document_id } = await queue();

    const job = await cancel(cast.editor, id);

    expect(job).toMatchObject({ id, status: "cancelled" });
    expect(job.completed_at).not.toBeNull();
    const rows = await db.query("select from private.jobs where dedupe_key = $1", [
      vault_document_id,
    ]);
    expect(rows).toHaveLength(0);
  });

  test("takes a held job from its worker, whose result is thrown away", async () => {
    const { id, vault_document_id } = await queue();
    const lease = await claimTraining(db, id);
    await addChunks(db, lease, [chunk(0)]);

    expect(await cancel(cast.editor, id)).toMatchObject({ status: "cancelled", attempts: 1 });

    expect(await readJob(db, lease.job_id)).toBeUndefined();
    expect(await readHistory(db, lease.job_id)).toMatchObject({ outcome: "cancelled" });
    expect(await addChunks(db, lease, [chunk(1)])).toBe("stale_lease");
    expect(await complete(db, lease, { chunkCount: 1 })).toBe("stale_lease");
    expect(await fail(db, lease)).toBe("stale_lease");
    expect(await storedChunks(db, vault_document_id)).toEqual([]);
    expect(await readTrainingJob(db, id)).toMatchObject({ status: "cancelled" });
  });

  test("makes room for a new training of the document", async () => {
    const { id, vault_document_id } = await queue();
    await claimTraining(db, id);
    await cancel(cast.editor, id);

    const { job, is_new } = await queueTraining(db, cast.editor, vault_document_id);

    expect(is_new).toBe(true);
    expect(await claimTraining(db, job.id)).toMatchObject({ attempt: 1 });
  });

  test.each([
    ["cancelled", (id: string) => cancel(cast.editor, id)],
    [
      "completed",
      async (id: string) => complete(db, await claimTraining(db, id), { chunkCount: 0 }),
    ],
    [
      "failed",
      async (id: string) => fail(db, await claimTraining(db, id), { is_permanent: true }),
    ],
  ])("leaves a job that is %s", async (status, end) => {
    const { id } = await queue();
    await end(id);

    expect(await raisedBy(cancel(cast.editor, id))).toMatchObject({
      code: "JOB_NOT_CANCELLABLE",
      status: 409,
    });
    expect(await readTrainingJob(db, id)).toMatchObject({ status });
  });

  test("leaves the open job of the same document when an older one is meant", async () => {
    const older = await queue();
    await cancel(cast.editor, older.id);
    const { job } = await queueTraining(db, cast.editor, older.vault_document_id);

    expect(await raisedBy(cancel(cast.editor, older.id))).toMatchObject({
      code: "JOB_NOT_CANCELLABLE",
    });
    expect(await readTrainingJob(db, job.id)).toMatchObject({ status: "queued" });
  });

  test.each(["owner", "admin", "editor"] as const)("lets %s cancel", async (role) => {
    const { id } = await queue();

    expect((await cancel(cast[role], id)).status).toBe("cancelled");
  });

  test.each(["viewer", "memberOfTwo"] as const)("does not let %s cancel", async (role) => {
    const { id } = await queue();

    expect(await raisedBy(cancel(cast[role], id))).toMatchObject({
      code: "ROLE_TOO_LOW",
      status: 403,
    });
    expect(await readTrainingJob(db, id)).toMatchObject({ status: "queued" });
  });

  test("does not tell a foreign job from a missing one", async () => {
    const { id } = await queue();

    const foreign = await raisedBy(cancel(cast.stranger, id));
    const missing = await raisedBy(cancel(cast.stranger, crypto.randomUUID()));

    expect(foreign).toMatchObject({ code: "JOB_NOT_FOUND", status: 404 });
    expect(missing).toEqual(foreign);
    expect(await readTrainingJob(db, id)).toMatchObject({ status: "queued" });
  });

  test.each(["anon", "service_role"] as const)("is not for %s", async (persona) => {
    expect(await sqlStateOf(cancel(persona, crypto.randomUUID()))).toBe("42501");
  });
});
