import { afterAll, describe, expect, test } from "vitest";
import { createTestDatabase } from "../support/test-database.ts";
import { createCast, eachRole, type Role, roles, rowsFor } from "./support/cast.ts";
import { claim, fail, makeDue, readJob, release } from "./support/queue.ts";
import { sqlStateOf } from "./support/rejection.ts";
import {
  addChunks,
  chunk,
  claimTraining,
  complete,
  createDocument,
  liftTrainingCap,
  queueTraining,
  readTrainingJob,
} from "./support/training.ts";

const db = await createTestDatabase();
afterAll(() => db[Symbol.asyncDispose]());
const cast = await createCast(db);
await liftTrainingCap(db);

async function queue() {
  const document = await createDocument(db, cast.orgId);
  return (await queueTraining(db, cast.editor, document)).job;
}

async function lease() {
  const job = await queue();
  return { id: job.id, held: await claimTraining(db, job.id) };
}

describe("mono_training_jobs", () => {
  test.each(eachRole("owner", "admin", "editor", "viewer", "memberOfTwo"))(
    "%s %s see a job",
    async (verdict, role) => {
      const { id } = await queue();

      const rows = await rowsFor(
        db,
        cast[role],
        "select 1 from public.mono_training_jobs where id = $1",
        [id],
      );

      expect(rows).toBe(verdict === "lets" ? 1 : 0);
    },
  );

  test.each(roles.flatMap((role) =>
    [
      [role, "insert", "insert into public.mono_training_jobs (status) values ('completed')"],
      [role, "update", "update public.mono_training_jobs set status = 'completed' where true"],
      [role, "delete", "delete from public.mono_training_jobs where true"],
    ] satisfies [Role, string, string][]
  ))("keeps %s from an %s past the functions", async (role, _, statement) => {
    const work = db.as(cast[role], (client) => client.query(statement));

    expect(await sqlStateOf(work)).toBe("42501");
  });

  test("has one open job for a document", async () => {
    const { id, vault_document_id } = await queue();

    const work = db.query(
      `insert into public.mono_training_jobs (org_id, training_doc_id, vault_document_id, trigger)
       select org_id, training_doc_id, vault_document_id, 'auto'
       from public.mono_training_jobs where id = $1 and vault_document_id = $2`,
      [id, vault_document_id],
    );

    expect(await sqlStateOf(work)).toBe("23505");
  });

  test("is processing, with its attempt, once a worker has claimed it", async () => {
    const { id } = await lease();

    const job = await readTrainingJob(db, id);

    expect(job).toMatchObject({ status: "processing", attempts: 1, progress: 0 });
    expect(job.started_at).not.toBeNull();
  });

  test("follows the progress that a worker reports", async () => {
    const { id, held } = await lease();

    await db.as(
      "service_role",
      (client) =>
        client.query("select * from public.heartbeat_jobs('worker', $1)", [
          JSON.stringify([{ ...held, progress: 0.5 }]),
        ]),
    );

    expect(await readTrainingJob(db, id)).toMatchObject({ status: "processing", progress: 0.5 });
  });

  test("is queued again, with the reason, after an attempt that failed", async () => {
    const { id, held } = await lease();

    await fail(db, held, { code: "PROVIDER_FAILED", message: "the provider is down" });

    expect(await readTrainingJob(db, id)).toMatchObject({
      status: "queued",
      attempts: 1,
      error_message: "the provider is down",
      completed_at: null,
    });
  });

  test("has failed, with the reason, after the last attempt", async () => {
    const { id, held } = await lease();

    await fail(db, held, { message: "the file is empty", is_permanent: true });

    const job = await readTrainingJob(db, id);
    expect(job).toMatchObject({ status: "failed", error_message: "the file is empty" });
    expect(job.completed_at).not.toBeNull();
  });

  test("has failed after its last worker was lost", async () => {
    const { id, held } = await lease();
    await db.query("update private.jobs set max_attempts = attempt where id = $1::text::bigint", [
      held.job_id,
    ]);
    await makeDue(db, held.job_id);

    await claim(db, { kinds: ["none"] });

    expect(await readTrainingJob(db, id)).toMatchObject({
      status: "failed",
      error_message: expect.stringContaining("Every worker"),
    });
  });

  test("is queued again, with the attempt given back, after a release", async () => {
    const { id } = await lease();

    await release(db);

    expect(await readTrainingJob(db, id)).toMatchObject({ status: "queued", attempts: 0 });
  });

  test("is completed with the flip of its chunks", async () => {
    const { id, held } = await lease();
    await addChunks(db, held, [chunk(0)]);

    await complete(db, held, { chunkCount: 1 });

    const job = await readTrainingJob(db, id);
    expect(job).toMatchObject({ status: "completed", progress: 1, error_message: null });
    expect(job.completed_at).not.toBeNull();
  });

  test("does not move when the transaction of its job rolls back", async () => {
    const { id, held } = await lease();
    await addChunks(db, held, [chunk(0)]);

    const work = db.transaction(async (client) => {
      await client.query("select public.complete_document_job($1, $2, 1, 1)", [
        held.job_id,
        held.lease_token,
      ]);
      await client.query("select 1 / 0");
    });

    expect(await sqlStateOf(work)).toBe("22012");
    expect(await readTrainingJob(db, id)).toMatchObject({ status: "processing" });
    expect(await readJob(db, held.job_id)).toMatchObject({ lease_token: held.lease_token });
  });
});
