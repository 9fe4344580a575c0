import { afterAll, describe, expect, test } from "vitest";
import { createTestDatabase } from "../support/test-database.ts";
import { createCast } from "./support/cast.ts";
import { makeDue, readHistory, readJob } from "./support/queue.ts";
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
  train,
} from "./support/training.ts";

const db = await createTestDatabase();
afterAll(() => db[Symbol.asyncDispose]());
const cast = await createCast(db);
await liftTrainingCap(db);

const usage = { model: "test-model", embedding_tokens: 12 };

/** A trained document whose next training is held, with two chunks stored. */
async function leaseWithChunks() {
  const document = await createDocument(db, cast.orgId);
  await train(db, cast.editor, document, [chunk(0, { content: "old" })]);
  const { job } = await queueTraining(db, cast.editor, document);
  const held = await claimTraining(db, job.id);
  await addChunks(db, held, [chunk(0, { content: "new 0" }), chunk(1, { content: "new 1" })]);
  return { document, training: job, held };
}

async function live(document: string): Promise<string[]> {
  return (await storedChunks(db, document)).filter((row) => row.is_live).map((row) => row.content);
}

describe("complete_document_job", () => {
  test("replaces the live chunks and ends the job with its usage", async () => {
    const { document, held } = await leaseWithChunks();

    const outcome = await complete(db, held, { chunkCount: 2, usage });

    expect(outcome).toBe("done");
    expect(await storedChunks(db, document)).toEqual([
      { content: "new 0", is_live: true },
      { content: "new 1", is_live: true },
    ]);
    expect(await readJob(db, held.job_id)).toBeUndefined();
    expect(await readHistory(db, held.job_id)).toMatchObject({
      outcome: "completed",
      usage,
      error: null,
    });
  });

  test("takes no missing count for a complete document", async () => {
    const { document, held } = await leaseWithChunks();

    const error = db.as(
      "service_role",
      (client) =>
        client.query("select public.complete_document_job($1, $2, 1, null)", [
          held.job_id,
          held.lease_token,
        ]),
    );

    expect(await raisedBy(error)).toMatchObject({ code: "CHUNKS_INCOMPLETE" });
    expect(await live(document)).toEqual(["old"]);
  });

  test("applies nothing the second time", async () => {
    const { document, held } = await leaseWithChunks();
    await complete(db, held, { chunkCount: 2 });

    expect(await complete(db, held, { chunkCount: 2 })).toBe("stale_lease");
    expect(await live(document)).toEqual(["new 0", "new 1"]);
  });

  test("applies nothing for a worker that has lost the job", async () => {
    const { document, training, held } = await leaseWithChunks();
    await makeDue(db, held.job_id);
    const second = await claimTraining(db, training.id, "second");

    const outcome = await complete(db, held, { chunkCount: 2 });

    expect(outcome).toBe("stale_lease");
    expect(await live(document)).toEqual(["old"]);
    expect(await readJob(db, held.job_id)).toMatchObject({ lease_token: second.lease_token });
    expect(await readTrainingJob(db, training.id)).toMatchObject({ status: "processing" });
  });

  test("drops a result from older bytes and queues the job again, attempt given back", async () => {
    const { document, training, held } = await leaseWithChunks();
    await db.as(
      cast.editor,
      (client) =>
        client.query("update public.vault_documents set title = title where id = $1", [document]),
    );

    const outcome = await complete(db, held, { revision: 1, chunkCount: 2 });

    expect(outcome).toBe("stale_input");
    expect(await storedChunks(db, document)).toEqual([{ content: "old", is_live: true }]);
    const job = await readJob(db, held.job_id);
    expect(job).toMatchObject({ attempt: 0, lease_token: null });
    expect(job!.due_in).toBeLessThanOrEqual(0);
    expect(await readTrainingJob(db, training.id)).toMatchObject({ status: "queued" });
  });

  test.each([1, 3])("refuses to go live with 2 of %i chunks", async (chunkCount) => {
    const { document, held } = await leaseWithChunks();

    const raised = await raisedBy(complete(db, held, { chunkCount }));

    expect(raised).toMatchObject({ code: "CHUNKS_INCOMPLETE", status: 409 });
    expect(await live(document)).toEqual(["old"]);
    expect(await readJob(db, held.job_id)).toMatchObject({ lease_token: held.lease_token });
  });

  test("makes a document without chunks one that is trained", async () => {
    const document = await createDocument(db, cast.orgId);
    const { job } = await queueTraining(db, cast.editor, document);
    const held = await claimTraining(db, job.id);

    expect(await complete(db, held, { chunkCount: 0 })).toBe("done");
    expect(await readTrainingJob(db, job.id)).toMatchObject({ status: "completed" });
  });

  test("leaves nothing half done when it fails at the end", async () => {
    const { document, training, held } = await leaseWithChunks();
    await db.exec(`
      alter table private.job_history add constraint job_history_never_check check (false) not valid
    `);

    const raised = await raisedBy(complete(db, held, { chunkCount: 2 }));
    await db.exec("alter table private.job_history drop constraint job_history_never_check");

    expect(raised).toMatchObject({ details: { sqlstate: "23514" } });
    expect(await live(document)).toEqual(["old"]);
    expect(await readTrainingJob(db, training.id)).toMatchObject({ status: "processing" });
    expect(await complete(db, held, { chunkCount: 2 })).toBe("done");
  });

  test.each(["has left the last set", "is deleted"])(
    "ends the job when its document %s",
    async (what) => {
      const { document, held } = await leaseWithChunks();
      const table = what === "is deleted" ? "vault_documents" : "mono_training_docs";
      const column = what === "is deleted" ? "id" : "vault_document_id";
      await db.query(`delete from public.${table} where ${column} = $1`, [document]);

      const outcome = await complete(db, held, { chunkCount: 0, usage });

      expect(outcome).toBe("stale_lease");
      expect(await readJob(db, held.job_id)).toBeUndefined();
      expect(await readHistory(db, held.job_id)).toMatchObject({ outcome: "cancelled" });
    },
  );

  test("leaves the chunks of other documents", async () => {
    const other = await createDocument(db, cast.orgId);
    await train(db, cast.editor, other, [chunk(0, { content: "other" })]);
    const { held } = await leaseWithChunks();

    await complete(db, held, { chunkCount: 2 });

    expect(await live(other)).toEqual(["other"]);
  });

  test.each([["anon", "anon" as const], ["an owner", cast.owner]])(
    "is not for %s",
    async (_, persona) => {
      const work = db.as(
        persona,
        (client) =>
          client.query("select public.complete_document_job('1', gen_random_uuid(), 1, 0)"),
      );

      expect(await sqlStateOf(work)).toBe("42501");
    },
  );
});
