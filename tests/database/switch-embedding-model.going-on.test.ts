import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { createTestDatabase } from "../support/test-database.ts";
import { type Cast, createCast } from "./support/cast.ts";
import {
  addReembedded,
  cancelSwitches,
  chunksOf,
  claimReembeddings,
  completeReembedding,
  listReembedChunks,
  models,
  readSwitch,
  reembed,
  reembedAll,
  storedModels,
  switchModel,
} from "./support/embedding-models.ts";
import { found, searchModel, switched, trainTwo, unchanged } from "./support/model-switch.ts";
import { fail, makeDue, readHistory } from "./support/queue.ts";
import { raisedBy } from "./support/rejection.ts";
import {
  addChunks,
  claimTraining,
  complete,
  createDocument,
  liftTrainingCap,
  queueTraining,
  train,
} from "./support/training.ts";

const db = await createTestDatabase();
afterAll(() => db[Symbol.asyncDispose]());
await liftTrainingCap(db);

let cast: Cast;
let documents: [string, string];

beforeEach(async () => {
  await cancelSwitches(db, null);
  cast = await createCast(db);
  documents = await trainTwo(db, cast);
});

const sweep = () => db.query("select private.sweep_jobs()");

describe("a switch that is going on", () => {
  test("waits for a document that is trained again meanwhile, and pays for what changed", async () => {
    await switchModel(db, models.b, cast.orgId);
    const leases = await claimReembeddings(db);
    const lease = leases.find(({ payload }) => payload.vault_document_id === documents[0])!;
    const other = leases.find((own) => own !== lease)!;
    await reembed(db, lease);

    await train(db, cast.editor, documents[0], chunksOf(models.a, [1, 5]));
    await reembed(db, other);

    expect(await found(db, cast, models.a, 5)).toEqual({ content: "Passage 5", similarity: 1 });
    expect(await readSwitch(db, cast.orgId)).toMatchObject({ ready_count: 1, open_count: 1 });
    const [again] = await claimReembeddings(db);
    expect(await reembed(db, again!)).toEqual({ outcome: "done", embedded: 1 });
    expect(await found(db, cast, models.b, 5)).toEqual({ content: "Passage 5", similarity: 1 });
    expect(await found(db, cast, models.b, 1)).toEqual({ content: "Passage 1", similarity: 1 });
    expect(await storedModels(db, cast.orgId)).toEqual([
      { embedding_model: models.b, is_live: true, count: 4 },
    ]);
  });

  test("throws away the copy of a generation that was replaced while it was made", async () => {
    await switchModel(db, models.b, cast.orgId);
    const [lease] = await claimReembeddings(db, { documentId: documents[0] });
    const passages = await listReembedChunks(db, lease!);
    await addReembedded(db, lease!, passages.slice(0, 1));

    await train(db, cast.editor, documents[0], chunksOf(models.a, [5, 6]));

    expect(await listReembedChunks(db, lease!)).toEqual([]);
    expect(await completeReembedding(db, lease!)).toBe("stale_lease");
    expect((await readHistory(db, lease!.job_id))!.outcome).toBe("superseded");
    await makeAllDue();
    await reembedAll(db);
    expect(await searchModel(db, cast)).toMatchObject({ model: models.b, count: 4 });
    expect(await found(db, cast, models.b, 6)).toEqual({ content: "Passage 6", similarity: 1 });
  });

  test("waits for a document that is trained for the first time", async () => {
    await switchModel(db, models.b, cast.orgId);
    const leases = await claimReembeddings(db);
    const added = await createDocument(db, cast.orgId);
    await train(db, cast.editor, added, chunksOf(models.a, [9]));
    for (const lease of leases) await reembed(db, lease);

    expect(await found(db, cast, models.a, 9)).toEqual({ content: "Passage 9", similarity: 1 });
    expect(await reembedAll(db)).toEqual(["done"]);
    expect(await found(db, cast, models.b, 9)).toEqual({ content: "Passage 9", similarity: 1 });
  });

  test("sends back a training that began with the old model and ends after it", async () => {
    const { job } = await queueTraining(db, cast.editor, documents[0]);
    const held = await claimTraining(db, job.id);
    await addChunks(db, held, chunksOf(models.a, [5, 6]));
    await switchModel(db, models.b, cast.orgId);
    await reembedAll(db);

    expect(await complete(db, held, { chunkCount: 2 })).toBe("stale_input");
    expect(await searchModel(db, cast)).toEqual(switched);

    const again = await claimTraining(db, job.id);
    await addChunks(db, again, chunksOf(models.b, [5, 6]));
    expect(await complete(db, again, { chunkCount: 2 })).toBe("done");
    expect(await found(db, cast, models.b, 5)).toEqual({ content: "Passage 5", similarity: 1 });
    expect(await storedModels(db, cast.orgId)).toEqual([
      { embedding_model: models.b, is_live: true, count: 4 },
    ]);
  });

  test("goes on, after a worker was lost, behind what is stored", async () => {
    await switchModel(db, models.b, cast.orgId);
    const [lease] = await claimReembeddings(db, { documentId: documents[0] });
    await addReembedded(db, lease!, await listReembedChunks(db, lease!, 1));

    await makeDue(db, lease!.job_id);
    const [second] = await claimReembeddings(db, { documentId: documents[0], worker: "second" });

    expect(await addReembedded(db, lease!, [])).toBe("stale_lease");
    expect(await completeReembedding(db, lease!)).toBe("stale_lease");
    expect(await reembed(db, second!)).toEqual({ outcome: "done", embedded: 1 });
  });

  test("takes no copy that lacks a passage", async () => {
    await switchModel(db, models.b, cast.orgId);
    const [lease] = await claimReembeddings(db);
    await addReembedded(db, lease!, await listReembedChunks(db, lease!, 1));

    expect(await raisedBy(completeReembedding(db, lease!))).toMatchObject({
      code: "CHUNKS_INCOMPLETE",
    });
    expect(await searchModel(db, cast)).toEqual(unchanged);
  });

  test("completes when the document that it waits for is deleted", async () => {
    await switchModel(db, models.b, cast.orgId);
    const [lease] = await claimReembeddings(db, { documentId: documents[0] });
    await reembed(db, lease!);
    await db.query("delete from public.vault_documents where id = $1", [documents[1]]);

    await sweep();

    expect(await searchModel(db, cast)).toEqual({ ...switched, count: 2 });
  });

  test("is taken up again by the sweep when its jobs were cancelled or lost", async () => {
    await switchModel(db, models.b, cast.orgId);
    await db.query("delete from private.jobs where kind = 'reembed_document'");

    await sweep();

    expect(await reembedAll(db)).toEqual(["done", "done"]);
    expect(await searchModel(db, cast)).toEqual(switched);
  });

  test("leaves what is too much for one request to the sweep", async () => {
    await switchModel(db, models.b, cast.orgId);
    await reembedAll(db);
    await db.query(
      `insert into private.stale_chunks (org_id, vault_document_id, embedding_model)
       select org_id, id, $2 from public.vault_documents where org_id = $1`,
      [cast.orgId, models.a],
    );
    await db.query(
      `insert into public.mono_training_chunks (
         org_id, vault_document_id, generation, ordinal, content, start_offset,
         end_offset, token_count, content_hash, embedding_model, embedding
       )
       select org_id, vault_document_id, 1, ordinal, content, start_offset,
         end_offset, token_count, content_hash, $2, embedding
       from public.mono_training_chunks where org_id = $1`,
      [cast.orgId, models.a],
    );

    await db.query("select private.delete_stale_chunks(1)");
    expect((await storedModels(db, cast.orgId)).map(({ count }) => count)).toEqual([2, 4]);
    await sweep();

    expect(await storedModels(db, cast.orgId)).toEqual([
      { embedding_model: models.b, is_live: true, count: 4 },
    ]);
  });
});

describe("a document that the next model cannot embed", () => {
  /** One document is ready, the other has failed for good. */
  async function failOne(): Promise<void> {
    await switchModel(db, models.b, cast.orgId);
    for (const lease of await claimReembeddings(db)) {
      if (lease.payload.vault_document_id === documents[0]) await reembed(db, lease);
      else await fail(db, lease, { code: "PASSAGE_REFUSED", message: "no", is_permanent: true });
    }
  }

  test("holds up the switch where everybody can see it, and is not tried for ever", async () => {
    await failOne();
    await sweep();

    expect(await searchModel(db, cast)).toEqual(unchanged);
    expect(await readSwitch(db, cast.orgId)).toEqual({
      next_embedding_model: models.b,
      document_count: 2,
      ready_count: 1,
      open_count: 0,
      failed_count: 1,
      failures: [{ vault_document_id: documents[1], code: "PASSAGE_REFUSED", message: "no" }],
    });
    expect(await claimReembeddings(db)).toEqual([]);
  });

  test("is tried again when the switch is asked for again", async () => {
    await failOne();

    await switchModel(db, models.b, cast.orgId);

    expect(await readSwitch(db, cast.orgId)).toMatchObject({ failed_count: 0, open_count: 1 });
    await reembedAll(db);
    expect(await searchModel(db, cast)).toEqual(switched);
  });

  test("is tried again as an operator retries a dead job", async () => {
    await failOne();

    await db.query("select private.retry_dead_jobs($1)", [
      JSON.stringify({ kind: "reembed_document", org_id: cast.orgId }),
    ]);

    await reembedAll(db);
    expect(await searchModel(db, cast)).toEqual(switched);
    expect(
      await db.query("select from private.failed_reembeddings where org_id = $1", [
        cast.orgId,
      ]),
    ).toEqual([]);
  });

  test("is tried again when its text was changed", async () => {
    await failOne();

    await train(db, cast.editor, documents[1], chunksOf(models.a, [8]));

    expect(await readSwitch(db, cast.orgId)).toMatchObject({ failed_count: 0, open_count: 1 });
    await reembedAll(db);
    expect(await found(db, cast, models.b, 8)).toEqual({ content: "Passage 8", similarity: 1 });
  });

  test("is forgotten when the switch is called off", async () => {
    await failOne();

    await cancelSwitches(db, cast.orgId);

    expect(
      await db.query("select from private.failed_reembeddings where org_id = $1", [
        cast.orgId,
      ]),
    ).toEqual([]);
    expect(await searchModel(db, cast)).toEqual(unchanged);
  });
});

async function makeAllDue(): Promise<void> {
  await db.query(
    "update private.jobs set visible_at = now() - interval '1 second' where kind = 'reembed_document'",
  );
}
