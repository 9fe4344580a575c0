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
  readModel,
  readSwitch,
  reembed,
  reembedAll,
  storedModels,
  switchModel,
} from "./support/embedding-models.ts";
import { found, searchModel, switched, trainTwo, unchanged } from "./support/model-switch.ts";
import { readHistory } from "./support/queue.ts";
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

beforeEach(async () => {
  await cancelSwitches(db, null);
  cast = await createCast(db);
  documents = await trainTwo(db, cast);
});

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
    expect(await searchModel(db, cast)).toEqual(unchanged);

    await reembed(db, leases[0]!);
    expect(await searchModel(db, cast)).toEqual(unchanged);
    expect(await readSwitch(db, cast.orgId)).toEqual({
      next_embedding_model: models.b,
      document_count: 2,
      ready_count: 1,
      open_count: 1,
      failed_count: 0,
      failures: [],
    });

    await reembed(db, leases[1]!);
    expect(await searchModel(db, cast)).toEqual(switched);
    expect(await found(db, cast, models.b, 4)).toEqual({ content: "Passage 4", similarity: 1 });
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
    expect(await searchModel(db, cast)).toEqual(switched);
    await reembedAll(db);

    expect(await searchModel(db, cast)).toEqual(unchanged);
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

    expect(await searchModel(db, cast)).toEqual(unchanged);
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

    expect(await searchModel(db, cast)).toEqual({ ...unchanged, model: models.c });
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
