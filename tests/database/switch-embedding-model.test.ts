import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { createTestDatabase } from "../support/test-database.ts";
import { type Cast, createCast } from "./support/cast.ts";
import {
  addReembedded,
  cancelSwitches,
  chunksOf,
  claimReembeddings,
  completeReembedding,
  find,
  listReembedChunks,
  models,
  readModel,
  readSwitch,
  reembed,
  reembedAll,
  storedModels,
  switchModel,
} from "./support/embedding-models.ts";
import { fail, makeDue, readHistory } from "./support/queue.ts";
import { raisedBy, sqlStateOf } from "./support/rejection.ts";
import {
  addChunks,
  claimTraining,
  complete,
  createDocument,
  liftTrainingCap,
  queueTraining,
  storedChunks,
  train,
} from "./support/training.ts";

const db = await createTestDatabase();
afterAll(() => db[Symbol.asyncDispose]());
await liftTrainingCap(db);

let cast: Cast;
let documents: [string, string];

/** An organisation with two documents of two passages, trained with model a. */
beforeEach(async () => {
  await cancelSwitches(db, null);
  cast = await createCast(db);
  documents = [await createDocument(db, cast.orgId), await createDocument(db, cast.orgId)];
  await train(db, cast.editor, documents[0], chunksOf(models.a, [1, 2]));
  await train(db, cast.editor, documents[1], chunksOf(models.a, [3, 4]));
});

const sweep = () => db.query("select private.sweep_jobs()");
const found = async (model: string, number: number) =>
  (await find(db, cast.viewer, cast.orgId, model, number))[0];
const searchModel = async () => {
  for (const model of [models.a, models.b, models.c]) {
    const rows = await find(db, cast.viewer, cast.orgId, model, 1).catch(() => null);
    if (rows) return { model, count: rows.length, best: rows[0] };
  }
};

/** Nothing has changed for who searches. */
const unchanged = { model: models.a, count: 4, best: { content: "Passage 1", similarity: 1 } };
const switched = { ...unchanged, model: models.b };

describe("an organisation", () => {
  test("has the model of its first training, and none before", async () => {
    expect(await readModel(db, cast.strangerOrgId)).toBeNull();
    expect(await readModel(db, cast.orgId)).toBe(models.a);
  });

  test("takes no training with another model, which is tried again", async () => {
    const { job } = await queueTraining(db, cast.editor, documents[0]);
    const held = await claimTraining(db, job.id);
    await addChunks(db, held, chunksOf(models.b, [1, 2]));

    expect(await complete(db, held, { chunkCount: 2 })).toBe("stale_input");
    expect(await storedModels(db, cast.orgId)).toEqual([
      { embedding_model: models.a, is_live: true, count: 4 },
    ]);
  });
});

describe("switch_embedding_model", () => {
  test("changes nothing for a search until the last document is copied, then all at once", async () => {
    const untrained = await createDocument(db, cast.orgId);

    expect(await switchModel(db, models.b, cast.orgId)).toBe(1);
    const leases = await claimReembeddings(db);
    expect(leases.map(({ payload }) => payload.vault_document_id).toSorted())
      .toEqual([...documents].toSorted());
    expect(await searchModel()).toEqual(unchanged);

    await reembed(db, leases[0]!);
    expect(await searchModel()).toEqual(unchanged);
    expect(await readSwitch(db, cast.orgId)).toEqual({
      next_embedding_model: models.b,
      document_count: 2,
      ready_count: 1,
      open_count: 1,
      failed_count: 0,
      failures: [],
    });

    await reembed(db, leases[1]!);
    expect(await searchModel()).toEqual(switched);
    expect(await found(models.b, 4)).toEqual({ content: "Passage 4", similarity: 1 });
    expect(await readSwitch(db, cast.orgId)).toBeUndefined();
    expect(await storedModels(db, cast.orgId)).toEqual([
      { embedding_model: models.b, is_live: true, count: 4 },
    ]);
    expect(await storedChunks(db, untrained)).toEqual([]);
  });

  test("hides the copies from members, under row-level security too", async () => {
    await switchModel(db, models.b, cast.orgId);
    const [lease] = await claimReembeddings(db);
    await reembed(db, lease!);

    const rows = await db.as(cast.viewer, (client) =>
      client.query(
        "select distinct embedding_model from public.mono_training_chunks where org_id = $1",
        [cast.orgId],
      ));

    expect(rows).toEqual([{ embedding_model: models.a }]);
    expect((await storedModels(db, cast.orgId)).map(({ embedding_model }) => embedding_model))
      .toEqual([models.a, models.b]);
  });

  test("copies everything of a passage but its vector", async () => {
    const read = () =>
      db.query(
        `select vault_document_id, language, ordinal, content, heading_path, start_offset,
           end_offset, token_count, content_hash, metadata
         from public.mono_training_chunks where org_id = $1 order by vault_document_id, ordinal`,
        [cast.orgId],
      );
    const before = await read();

    await switchModel(db, models.b, cast.orgId);
    await reembedAll(db);

    expect(await read()).toEqual(before);
    expect(before).toHaveLength(4);
  });

  test("books what it has cost", async () => {
    await switchModel(db, models.b, cast.orgId);
    await reembedAll(db);

    const rows = await db.query(
      `select input_tokens::integer, is_wasted from public.usage_events
       where org_id = $1 and kind = 'reembed_document'`,
      [cast.orgId],
    );
    expect(rows).toEqual(Array(2).fill({ input_tokens: 3, is_wasted: false }));
  });

  test("takes effect at once where nothing is trained", async () => {
    const other = await createCast(db);
    expect(await switchModel(db, models.b, other.orgId)).toBe(0);
    expect(await readModel(db, other.orgId)).toBe(models.b);

    await db.query("delete from public.vault_documents where org_id = $1", [cast.orgId]);
    expect(await switchModel(db, models.b, cast.orgId)).toBe(0);
    expect(await readModel(db, cast.orgId)).toBe(models.b);
  });

  test("meets every organisation that has a model, when none is named", async () => {
    const foreign = await createDocument(db, cast.strangerOrgId);
    await train(db, cast.stranger, foreign, chunksOf(models.a, [7]));
    const other = await createCast(db);

    await switchModel(db, models.c, null);

    expect(await readSwitch(db, cast.orgId)).toMatchObject({ open_count: 2 });
    expect(await readSwitch(db, cast.strangerOrgId)).toMatchObject({ open_count: 1 });
    expect(await readModel(db, other.orgId)).toBeNull();
    await cancelSwitches(db, null);
  });

  test("and back leaves the organisation as it was", async () => {
    await switchModel(db, models.b, cast.orgId);
    await reembedAll(db);

    await switchModel(db, models.a, cast.orgId);
    expect(await searchModel()).toEqual(switched);
    await reembedAll(db);

    expect(await searchModel()).toEqual(unchanged);
    expect(await storedModels(db, cast.orgId)).toEqual([
      { embedding_model: models.a, is_live: true, count: 4 },
    ]);
  });

  test.each(["to the present model", "cancelled"])("calls a switch off: %s", async (how) => {
    await switchModel(db, models.b, cast.orgId);
    const leases = await claimReembeddings(db);
    await reembed(db, leases[0]!);
    const open = await listReembedChunks(db, leases[1]!, 1);
    await addReembedded(db, leases[1]!, open);

    if (how === "cancelled") expect(await cancelSwitches(db, cast.orgId)).toBe(1);
    else expect(await switchModel(db, models.a, cast.orgId)).toBe(0);

    expect(await searchModel()).toEqual(unchanged);
    expect(await readSwitch(db, cast.orgId)).toBeUndefined();
    expect(await storedModels(db, cast.orgId)).toEqual([
      { embedding_model: models.a, is_live: true, count: 4 },
    ]);
    expect((await readHistory(db, leases[1]!.job_id))!.outcome).toBe("cancelled");
    expect(await addReembedded(db, leases[1]!, open)).toBe("stale_lease");
    expect(await completeReembedding(db, leases[1]!)).toBe("stale_lease");
    expect(await claimReembeddings(db)).toEqual([]);
  });

  test("turns to a third model on the way to a second", async () => {
    await switchModel(db, models.b, cast.orgId);
    const [lease, late] = await claimReembeddings(db);
    await reembed(db, lease!);
    const passages = await listReembedChunks(db, late!);

    await switchModel(db, models.c, cast.orgId);
    expect(await addReembedded(db, late!, passages)).toBe("stale_lease");
    await reembedAll(db);

    expect(await searchModel()).toEqual({ ...unchanged, model: models.c });
    expect(await storedModels(db, cast.orgId)).toEqual([
      { embedding_model: models.c, is_live: true, count: 4 },
    ]);
  });

  test.each<[string, string | null, boolean, string]>([
    ["no model", null, true, "INVALID_REQUEST"],
    ["a model without a name", "", true, "INVALID_REQUEST"],
    ["a name of 201 characters", "m".repeat(201), true, "INVALID_REQUEST"],
    ["an organisation that is not there", "m", false, "ORG_NOT_FOUND"],
  ])("refuses %s", async (_, model, isThere, code) => {
    const work = switchModel(db, model, isThere ? cast.orgId : crypto.randomUUID());

    expect((await raisedBy(work)).code).toBe(code);
  });

  test.each(["owner", "anonymous"] as const)("is not for the %s", async (role) => {
    for (
      const call of [
        "public.switch_embedding_model('m', null)",
        "public.cancel_embedding_switches()",
        "public.list_reembed_chunks('1', gen_random_uuid())",
        "public.add_reembedded_chunks('1', gen_random_uuid(), '[]')",
        "public.complete_reembed_job('1', gen_random_uuid())",
      ]
    ) {
      const work = db.as(cast[role], (client) => client.query(`select ${call}`));
      expect(await sqlStateOf(work)).toBe("42501");
    }
    const view = db.as(
      cast[role],
      (client) => client.query("select from public.embedding_switches"),
    );
    expect(await sqlStateOf(view)).toBe("42501");
  });
});

describe("a switch that is going on", () => {
  test("waits for a document that is trained again meanwhile, and pays for what changed", async () => {
    await switchModel(db, models.b, cast.orgId);
    const leases = await claimReembeddings(db);
    const lease = leases.find(({ payload }) => payload.vault_document_id === documents[0])!;
    const other = leases.find((own) => own !== lease)!;
    await reembed(db, lease);

    await train(db, cast.editor, documents[0], chunksOf(models.a, [1, 5]));
    await reembed(db, other);

    expect(await found(models.a, 5)).toEqual({ content: "Passage 5", similarity: 1 });
    expect(await readSwitch(db, cast.orgId)).toMatchObject({ ready_count: 1, open_count: 1 });
    const [again] = await claimReembeddings(db);
    expect(await reembed(db, again!)).toEqual({ outcome: "done", embedded: 1 });
    expect(await found(models.b, 5)).toEqual({ content: "Passage 5", similarity: 1 });
    expect(await found(models.b, 1)).toEqual({ content: "Passage 1", similarity: 1 });
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
    expect(await searchModel()).toMatchObject({ model: models.b, count: 4 });
    expect(await found(models.b, 6)).toEqual({ content: "Passage 6", similarity: 1 });
  });

  test("waits for a document that is trained for the first time", async () => {
    await switchModel(db, models.b, cast.orgId);
    const leases = await claimReembeddings(db);
    const added = await createDocument(db, cast.orgId);
    await train(db, cast.editor, added, chunksOf(models.a, [9]));
    for (const lease of leases) await reembed(db, lease);

    expect(await found(models.a, 9)).toEqual({ content: "Passage 9", similarity: 1 });
    expect(await reembedAll(db)).toEqual(["done"]);
    expect(await found(models.b, 9)).toEqual({ content: "Passage 9", similarity: 1 });
  });

  test("sends back a training that began with the old model and ends after it", async () => {
    const { job } = await queueTraining(db, cast.editor, documents[0]);
    const held = await claimTraining(db, job.id);
    await addChunks(db, held, chunksOf(models.a, [5, 6]));
    await switchModel(db, models.b, cast.orgId);
    await reembedAll(db);

    expect(await complete(db, held, { chunkCount: 2 })).toBe("stale_input");
    expect(await searchModel()).toEqual(switched);

    const again = await claimTraining(db, job.id);
    await addChunks(db, again, chunksOf(models.b, [5, 6]));
    expect(await complete(db, again, { chunkCount: 2 })).toBe("done");
    expect(await found(models.b, 5)).toEqual({ content: "Passage 5", similarity: 1 });
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
    expect(await searchModel()).toEqual(unchanged);
  });

  test("completes when the document that it waits for is deleted", async () => {
    await switchModel(db, models.b, cast.orgId);
    const [lease] = await claimReembeddings(db, { documentId: documents[0] });
    await reembed(db, lease!);
    await db.query("delete from public.vault_documents where id = $1", [documents[1]]);

    await sweep();

    expect(await searchModel()).toEqual({ ...switched, count: 2 });
  });

  test("is taken up again by the sweep when its jobs were cancelled or lost", async () => {
    await switchModel(db, models.b, cast.orgId);
    await db.query("delete from private.jobs where kind = 'reembed_document'");

    await sweep();

    expect(await reembedAll(db)).toEqual(["done", "done"]);
    expect(await searchModel()).toEqual(switched);
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

    expect(await searchModel()).toEqual(unchanged);
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
    expect(await searchModel()).toEqual(switched);
  });

  test("is tried again as an operator retries a dead job", async () => {
    await failOne();

    await db.query("select private.retry_dead_jobs($1)", [
      JSON.stringify({ kind: "reembed_document", org_id: cast.orgId }),
    ]);

    await reembedAll(db);
    expect(await searchModel()).toEqual(switched);
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
    expect(await found(models.b, 8)).toEqual({ content: "Passage 8", similarity: 1 });
  });

  test("is forgotten when the switch is called off", async () => {
    await failOne();

    await cancelSwitches(db, cast.orgId);

    expect(
      await db.query("select from private.failed_reembeddings where org_id = $1", [
        cast.orgId,
      ]),
    ).toEqual([]);
    expect(await searchModel()).toEqual(unchanged);
  });
});

async function makeAllDue(): Promise<void> {
  await db.query(
    "update private.jobs set visible_at = now() - interval '1 second' where kind = 'reembed_document'",
  );
}
