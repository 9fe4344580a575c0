import { afterAll, describe, expect, test } from "vitest";
import { createTestDatabase, only, type Persona } from "../support/test-database.ts";
import { createCast } from "./support/cast.ts";
import { fail } from "./support/queue.ts";
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
  train,
  type TrainingJob,
} from "./support/training.ts";

const db = await createTestDatabase();
afterAll(() => db[Symbol.asyncDispose]());
const cast = await createCast(db);
await liftTrainingCap(db);

async function retry(persona: Persona, id: string): Promise<TrainingJob> {
  return only(
    await db.as(
      persona,
      (client) => client.query<TrainingJob>("select * from public.retry_training_job($1)", [id]),
    ),
  );
}

async function failed(): Promise<TrainingJob> {
  const document = await createDocument(db, cast.orgId);
  const { job } = await queueTraining(db, cast.editor, document);
  await fail(db, await claimTraining(db, job.id), { is_permanent: true });
  return job;
}

describe("retry_training_job", () => {
  test("queues a failed job again, with all its attempts", async () => {
    const { id } = await failed();

    const job = await retry(cast.editor, id);

    expect(job).toMatchObject({
      id,
      status: "queued",
      attempts: 0,
      progress: 0,
      error_message: null,
      started_at: null,
      completed_at: null,
    });
    expect(await claimTraining(db, id)).toMatchObject({ attempt: 1 });
  });

  test("queues a cancelled job again", async () => {
    const document = await createDocument(db, cast.orgId);
    const { job } = await queueTraining(db, cast.editor, document);
    await db.as(
      cast.editor,
      (client) => client.query("select public.cancel_training_job($1)", [job.id]),
    );

    await retry(cast.editor, job.id);

    const lease = await claimTraining(db, job.id);
    await addChunks(db, lease, [chunk(0)]);
    expect(await complete(db, lease, { chunkCount: 1 })).toBe("done");
    expect(await readTrainingJob(db, job.id)).toMatchObject({ status: "completed" });
  });

  test("does not retry twice", async () => {
    const { id } = await failed();
    await retry(cast.editor, id);

    expect(await raisedBy(retry(cast.editor, id))).toMatchObject({
      code: "JOB_NOT_RETRYABLE",
      status: 409,
      message: expect.stringContaining("queued"),
    });
  });

  test("does not retry a job that is held, or completed", async () => {
    const document = await createDocument(db, cast.orgId);
    const { job } = await queueTraining(db, cast.editor, document);
    const lease = await claimTraining(db, job.id);

    expect(await raisedBy(retry(cast.editor, job.id))).toMatchObject({ code: "JOB_NOT_RETRYABLE" });

    await complete(db, lease, { chunkCount: 0 });
    expect(await raisedBy(retry(cast.editor, job.id))).toMatchObject({ code: "JOB_NOT_RETRYABLE" });
  });

  test("does not retry while another training of the document is open", async () => {
    const job = await failed();
    await queueTraining(db, cast.editor, job.vault_document_id);

    expect(await raisedBy(retry(cast.editor, job.id))).toMatchObject({
      code: "JOB_NOT_RETRYABLE",
      message: expect.stringContaining("Another training"),
    });
  });

  test("retries an old failure after a later success", async () => {
    const job = await failed();
    await train(db, cast.editor, job.vault_document_id, [chunk(0)]);

    expect(await retry(cast.editor, job.id)).toMatchObject({ status: "queued" });
  });

  test.each(["owner", "admin", "editor"] as const)("lets %s retry", async (role) => {
    const { id } = await failed();

    expect((await retry(cast[role], id)).status).toBe("queued");
  });

  test.each(["viewer", "memberOfTwo"] as const)("does not let %s retry", async (role) => {
    const { id } = await failed();

    expect(await raisedBy(retry(cast[role], id))).toMatchObject({
      code: "ROLE_TOO_LOW",
      status: 403,
    });
    expect(await readTrainingJob(db, id)).toMatchObject({ status: "failed" });
  });

  test("does not tell a foreign job from a missing one", async () => {
    const { id } = await failed();

    const foreign = await raisedBy(retry(cast.stranger, id));
    const missing = await raisedBy(retry(cast.stranger, crypto.randomUUID()));

    expect(foreign).toMatchObject({ code: "JOB_NOT_FOUND", status: 404 });
    expect(missing).toEqual(foreign);
    expect(await readTrainingJob(db, id)).toMatchObject({ status: "failed" });
  });

  test.each(["anon", "service_role"] as const)("is not for %s", async (persona) => {
    expect(await sqlStateOf(retry(persona, crypto.randomUUID()))).toBe("42501");
  });
});
