import { afterAll, describe, expect, test, vi } from "vitest";
import { createTestDatabase } from "../support/test-database.ts";
import { type Cast, createCast } from "../database/support/cast.ts";
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
  reembed,
  reembedAll,
  storedModels,
  switchModel,
} from "../database/support/embedding-models.ts";
import { claim, type Lease } from "../database/support/queue.ts";
import { setQuota } from "../database/support/quotas.ts";
import {
  addChunks,
  claimTraining,
  complete,
  createDocument,
  liftTrainingCap,
  queueTraining,
  train,
} from "../database/support/training.ts";

vi.setConfig({ testTimeout: 60_000 });

const db = await createTestDatabase();
afterAll(() => db[Symbol.asyncDispose]());
await liftTrainingCap(db);

/** An organisation with documents of two passages each, trained with model a. */
async function createLibrary(documentCount: number): Promise<{ cast: Cast; documents: string[] }> {
  await cancelSwitches(db, null);
  const cast = await createCast(db);
  const documents: string[] = [];
  for (let at = 0; at < documentCount; at++) {
    documents.push(await createDocument(db, cast.orgId));
    await train(db, cast.editor, documents[at]!, chunksOf(models.a, [2 * at, 2 * at + 1]));
  }
  return { cast, documents };
}

/** Holds all re-embeddings of a switch, their copies stored and only to be completed. */
async function holdCopies(cast: Cast, model: string): Promise<Lease[]> {
  await switchModel(db, model, cast.orgId);
  const leases = await claimReembeddings(db);
  for (const lease of leases) await addReembedded(db, lease, await listReembedChunks(db, lease));
  return leases;
}

/** Asks with the organisation's model as it is when the question begins, once more when it changed. */
async function ask({ orgId, viewer }: Cast, number: number) {
  const once = async () => await find(db, viewer, orgId, (await readModel(db, orgId))!, number);
  return await once().catch((error) => {
    if (error.message.includes("EMBEDDING_MODEL_CHANGED")) return once();
    throw error;
  });
}

/** A training with whatever model the organisation has, begun again when that was changed. */
async function retrain(cast: Cast, document: string, numbers: number[]): Promise<void> {
  const { job } = await queueTraining(db, cast.editor, document);
  for (let outcome = ""; outcome !== "done";) {
    const held = await claimTraining(db, job.id);
    const model = await readModel(db, cast.orgId);
    await addChunks(db, held, chunksOf(model!, numbers));
    outcome = await complete(db, held, { chunkCount: numbers.length });
  }
}

describe("searches at any time of many switches, while documents are trained", () => {
  test("find each passage with its own vector, and all passages", async () => {
    const { cast, documents } = await createLibrary(4);
    await setQuota(db, cast.orgId, "searches_per_minute", null);
    const wrong: unknown[] = [];
    let asked = 0;
    let isOver = false;
    const asking = Promise.all([1, 2, 3, 6].map(async (number) => {
      while (!isOver) {
        const rows = await ask(cast, number);
        const [best] = rows;
        asked++;
        if (rows.length !== 8 || best!.content !== `Passage ${number}` || best!.similarity !== 1) {
          wrong.push({ number, count: rows.length, best });
        }
      }
    }));

    for (let round = 0; round < 6; round++) {
      const model = round % 2 === 0 ? models.b : models.a;
      await switchModel(db, model, cast.orgId);
      const training = retrain(cast, documents[0]!, [0, 1])
        .then(() => retrain(cast, documents[3]!, [6, 7]));
      while (await readModel(db, cast.orgId) !== model) {
        for (const lease of await claimReembeddings(db)) await reembed(db, lease);
      }
      await training;
    }
    isOver = true;
    await asking;

    expect(wrong).toEqual([]);
    expect(asked).toBeGreaterThan(50);
    expect(await readModel(db, cast.orgId)).toBe(models.a);
    await db.query("select private.sweep_jobs()");
    expect(await storedModels(db, cast.orgId)).toEqual([
      { embedding_model: models.a, is_live: true, count: 8 },
    ]);
  });
});

describe("the last re-embeddings of a switch", () => {
  test("that end at once complete it, whichever is last", async () => {
    for (let round = 0; round < 10; round++) {
      const { cast } = await createLibrary(3);
      const leases = await holdCopies(cast, models.b);

      const outcomes = await Promise.all(leases.map((lease) => completeReembedding(db, lease)));

      expect(outcomes).toEqual(["done", "done", "done"]);
      expect(await readModel(db, cast.orgId)).toBe(models.b);
    }
  });

  test("and a training that end at once leave one model's vectors, and no deadlock", async () => {
    const ends = new Set<string>();
    for (let round = 0; round < 20; round++) {
      const { cast, documents } = await createLibrary(2);
      const { job } = await queueTraining(db, cast.editor, documents[0]!);
      const held = await claimTraining(db, job.id);
      await addChunks(db, held, chunksOf(models.a, [0, 9]));
      const leases = await holdCopies(cast, models.b);

      const [trained, ...copied] = await Promise.all([
        complete(db, held, { chunkCount: 2 }),
        ...leases.map((lease) => completeReembedding(db, lease)),
      ]);
      ends.add(`${trained} ${copied.toSorted()}`);
      const model = await readModel(db, cast.orgId);
      const live = (await storedModels(db, cast.orgId)).filter(({ is_live }) => is_live);

      expect(live).toEqual([{ embedding_model: model, is_live: true, count: 4 }]);
      if (trained === "stale_input") expect(model).toBe(models.b);
      else {
        await reembedAll(db);
        expect(await readModel(db, cast.orgId)).toBe(models.b);
        expect((await ask(cast, 9))[0]).toEqual({ content: "Passage 9", similarity: 1 });
      }
    }
    expect(ends.size).toBeGreaterThan(0);
  });

  test("and its cancellation at once end in one of the two", async () => {
    for (let round = 0; round < 20; round++) {
      const { cast } = await createLibrary(2);
      const leases = await holdCopies(cast, models.b);

      const [cancelled] = await Promise.all([
        cancelSwitches(db, cast.orgId),
        ...leases.map((lease) => completeReembedding(db, lease)),
      ]);
      const model = await readModel(db, cast.orgId);

      expect(model).toBe(cancelled === 1 ? models.a : models.b);
      expect((await storedModels(db, cast.orgId)).filter(({ is_live }) => is_live)).toEqual([
        { embedding_model: model, is_live: true, count: 4 },
      ]);
      expect((await ask(cast, 1))[0]).toEqual({ content: "Passage 1", similarity: 1 });
    }
  });

  test("and an edit of a document at once leave no deadlock", async () => {
    for (let round = 0; round < 10; round++) {
      const { cast, documents } = await createLibrary(3);
      const leases = await holdCopies(cast, models.b);

      await Promise.all([
        ...leases.map((lease) => completeReembedding(db, lease)),
        ...documents.map((document) =>
          db.as(
            cast.editor,
            (client) =>
              client.query("update public.vault_documents set title = 'New' where id = $1", [
                document,
              ]),
          )
        ),
      ]);

      expect(await readModel(db, cast.orgId)).toBe(models.b);
    }
  });
});

describe("two first trainings with two models at once", () => {
  test("leave the organisation with one, and send the other back", async () => {
    const pair = [models.a, models.b];
    for (let round = 0; round < 20; round++) {
      const cast = await createCast(db);
      for (let at = 0; at < 2; at++) {
        await queueTraining(db, cast.editor, await createDocument(db, cast.orgId));
      }
      const leases = await claim(db, { kinds: ["train_document"] });
      for (const [at, lease] of leases.entries()) {
        await addChunks(db, lease, chunksOf(pair[at]!, [1]));
      }

      const outcomes = await Promise.all(
        leases.map((lease) => complete(db, lease, { chunkCount: 1 })),
      );

      expect(outcomes.toSorted()).toEqual(["done", "stale_input"]);
      expect(await readModel(db, cast.orgId)).toBe(pair[outcomes.indexOf("done")]);
      await db.query("delete from public.organizations where id = $1", [cast.orgId]);
    }
  });
});
