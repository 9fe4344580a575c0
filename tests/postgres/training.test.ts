import { afterAll, describe, expect, test } from "vitest";
import { createTestDatabase } from "../support/test-database.ts";
import { createCast } from "../database/support/cast.ts";
import { fail } from "../database/support/queue.ts";
import { raisedBy } from "../database/support/rejection.ts";
import {
  addChunks,
  chunk,
  claimTraining,
  complete,
  createDocument,
  createSet,
  liftTrainingCap,
  queueTraining,
  readTrainingJob,
  storedChunks,
  train,
} from "../database/support/training.ts";
import { times, untilBlocked } from "./support/concurrency.ts";
import { pauseMidway } from "./support/pause-midway.ts";

const db = await createTestDatabase();
afterAll(() => db[Symbol.asyncDispose]());
const cast = await createCast(db);
await liftTrainingCap(db);

describe("two requests to train a document at once", () => {
  test("make one job", async () => {
    for (let round = 0; round < 20; round++) {
      const document = await createDocument(db, cast.orgId);

      const results = await times(4, () => queueTraining(db, cast.editor, document));

      expect(results.filter(({ is_new }) => is_new)).toHaveLength(1);
      expect(new Set(results.map(({ job }) => job.id)).size).toBe(1);
      const jobs = await db.query("select from private.jobs where dedupe_key = $1", [document]);
      expect(jobs).toHaveLength(1);
    }
  });

  test("make one set Vault for an organisation that has none", async () => {
    const other = await createCast(db);
    const documents = await times(6, () => createDocument(db, other.orgId));

    await Promise.all(documents.map((document) => queueTraining(db, other.editor, document)));

    const sets = await db.query("select from public.mono_training_sets where org_id = $1", [
      other.orgId,
    ]);
    expect(sets).toHaveLength(1);
  });

  test("make one job of two retries", async () => {
    const document = await createDocument(db, cast.orgId);
    const { job } = await queueTraining(db, cast.editor, document);
    await fail(db, await claimTraining(db, job.id), { is_permanent: true });
    const retry = () =>
      db.as(
        cast.editor,
        (client) => client.query("select public.retry_training_job($1)", [job.id]),
      ).then(() => "queued", (error) => JSON.parse(error.message).code);

    expect((await times(2, retry)).sort()).toEqual(["JOB_NOT_RETRYABLE", "queued"]);
  });
});

describe("a cancellation", () => {
  const cancel = (id: string) =>
    db.as(
      cast.editor,
      (client) => client.query("select public.cancel_training_job($1)", [id]),
    );

  async function lease() {
    const document = await createDocument(db, cast.orgId);
    const { job } = await queueTraining(db, cast.editor, document);
    const held = await claimTraining(db, job.id);
    await addChunks(db, held, [chunk(0)]);
    return { document, id: job.id, held };
  }

  test("and a completion at once end in one outcome", async () => {
    const outcomes = new Set<string>();
    for (let round = 0; round < 50; round++) {
      const { document, id, held } = await lease();

      const [completed, cancelled] = await Promise.all([
        complete(db, held, { chunkCount: 1 }),
        cancel(id).then(() => "cancelled", (error) => JSON.parse(error.message).code as string),
      ]);

      const { status } = await readTrainingJob(db, id);
      const chunks = await storedChunks(db, document);
      outcomes.add(status);
      if (status === "completed") {
        expect([completed, cancelled]).toEqual(["done", "JOB_NOT_CANCELLABLE"]);
        expect(chunks).toEqual([{ content: "Passage 0", is_live: true }]);
      } else {
        expect([status, completed, cancelled]).toEqual(["cancelled", "stale_lease", "cancelled"]);
        expect(chunks).toEqual([]);
      }
    }
    expect(outcomes.size).toBeGreaterThan(0);
  });

  test("waits for a worker that stores chunks, without a deadlock", async () => {
    const { document, id, held } = await lease();

    const store = await pauseMidway(db.transaction, async (client, pause) => {
      await client.query("select from private.jobs where id = $1::text::bigint for update", [
        held.job_id,
      ]);
      await pause();
      await client.query("select public.add_document_chunks($1, $2, $3)", [
        held.job_id,
        held.lease_token,
        JSON.stringify([chunk(1)]),
      ]);
    });
    const cancelled = cancel(id);
    await untilBlocked(db, "cancel_training_job");

    await store();
    await cancelled;
    expect(await storedChunks(db, document)).toEqual([]);
  });

  test("and slices that come in at once leave no chunk", async () => {
    for (let round = 0; round < 20; round++) {
      const { document, id, held } = await lease();

      const [, ...states] = await Promise.all([
        cancel(id),
        ...[1, 2, 3, 4].map((ordinal) => addChunks(db, held, [chunk(ordinal)])),
      ]);

      for (const state of states) expect(["ok", "stale_lease"]).toContain(state);
      expect(await storedChunks(db, document)).toEqual([]);
    }
  });
});

describe("a completion", () => {
  test("that comes twice at once is applied once", async () => {
    for (let round = 0; round < 20; round++) {
      const document = await createDocument(db, cast.orgId);
      const { job } = await queueTraining(db, cast.editor, document);
      const held = await claimTraining(db, job.id);
      await addChunks(db, held, [chunk(0)]);

      const outcomes = await times(3, () => complete(db, held, { chunkCount: 1 }));

      expect(outcomes.sort()).toEqual(["done", "stale_lease", "stale_lease"]);
      expect(await storedChunks(db, document)).toHaveLength(1);
    }
  });

  test("and an edit at once never leave chunks of older bytes as the last word", async () => {
    for (let round = 0; round < 20; round++) {
      const document = await createDocument(db, cast.orgId);
      const { job } = await queueTraining(db, cast.editor, document);
      const held = await claimTraining(db, job.id);
      await addChunks(db, held, [chunk(0)]);

      const [outcome] = await Promise.all([
        complete(db, held, { revision: 1, chunkCount: 1 }),
        db.as(
          cast.editor,
          (client) =>
            client.query("update public.vault_documents set title = 'New' where id = $1", [
              document,
            ]),
        ),
      ]);

      const { status } = await readTrainingJob(db, job.id);
      expect([["done", "completed"], ["stale_input", "queued"]]).toContainEqual([outcome, status]);
    }
  });

  test("and a removal from one of two sets at once keep the chunks, without a deadlock", async () => {
    for (let round = 0; round < 20; round++) {
      const document = await createDocument(db, cast.orgId);
      const { job } = await queueTraining(db, cast.editor, document);
      await createSet(db, cast.orgId, [document]);
      const held = await claimTraining(db, job.id);
      await addChunks(db, held, [chunk(0), chunk(1)]);

      const [outcome] = await Promise.all([
        complete(db, held, { chunkCount: 2 }),
        db.query("delete from public.mono_training_docs where id = $1", [job.training_doc_id]),
      ]);

      expect(outcome).toBe("done");
      expect(await storedChunks(db, document)).toHaveLength(2);
    }
  });
});

describe("a removal from the last set", () => {
  const remove = (document: string) =>
    db.query("delete from public.mono_training_docs where vault_document_id = $1", [document]);

  /** A trained document whose next training is held, with its new chunks stored. */
  async function retraining() {
    const document = await createDocument(db, cast.orgId);
    await train(db, cast.editor, document, [chunk(0)]);
    const { job } = await queueTraining(db, cast.editor, document);
    const held = await claimTraining(db, job.id);
    await addChunks(db, held, [chunk(0), chunk(1)]);
    return { document, id: job.id, held };
  }

  async function audited(document: string) {
    return await db.query("select name, detail from private.audit_chunks() where subject = $1", [
      document,
    ]);
  }

  async function isTrained(document: string): Promise<boolean> {
    const rows = await db.query(
      "select from public.vault_documents where id = $1 and chunk_generation is not null",
      [document],
    );
    return rows.length > 0;
  }

  test("and a completion at once leave an untrained document, without a deadlock", async () => {
    const outcomes = new Set<string>();
    for (let round = 0; round < 40; round++) {
      const { document, held } = await retraining();

      const [outcome] = await Promise.all([
        complete(db, held, { chunkCount: 2 }),
        // Sometimes the one, sometimes the other is first.
        db.query("select pg_sleep($1)", [(round % 8) / 2000]).then(() => remove(document)),
      ]);

      outcomes.add(outcome);
      if (outcome === "stale_lease") await db.query("select private.update_search_indexes()");
      expect(await isTrained(document), outcome).toBe(false);
      expect(await storedChunks(db, document), outcome).toEqual([]);
      expect(await audited(document), outcome).toEqual([]);
    }
    expect(["done", "stale_lease"]).toEqual(expect.arrayContaining([...outcomes]));
  });

  test("does not wait for a completion that waits for it", async () => {
    const { document, id, held } = await retraining();
    const removal = await pauseMidway(db.transaction, async (client, pause) => {
      // As the place takes them with it, before it looks after the document.
      await client.query("delete from public.mono_training_jobs where id = $1", [id]);
      await pause();
      await client.query("delete from public.mono_training_docs where vault_document_id = $1", [
        document,
      ]);
    });

    const completed = complete(db, held, { chunkCount: 2 });
    await untilBlocked(db, "complete_document_job");
    await removal();

    expect(await completed).toBe("stale_lease");
    expect(await storedChunks(db, document)).toEqual([]);
    await db.query("select private.update_search_indexes()");
    expect(await isTrained(document)).toBe(false);
  });

  test("passes a document by that somebody else holds, and cron comes back for it", async () => {
    const document = await createDocument(db, cast.orgId);
    await train(db, cast.editor, document, [chunk(0)]);
    const edit = await pauseMidway(db.transaction, async (client, pause) => {
      await client.query("select from public.vault_documents where id = $1 for no key update", [
        document,
      ]);
      await pause();
    });

    await remove(document);
    await edit();

    expect(await storedChunks(db, document)).toEqual([]);
    expect(await isTrained(document)).toBe(true);
    await db.query("select private.update_search_indexes()");
    await db.query("select private.update_search_indexes()");
    expect(await isTrained(document)).toBe(false);
    expect(await audited(document)).toEqual([]);
  });

  const calls: [string, (document: string, id: string) => Promise<unknown>][] = [
    [
      "a cancellation",
      (_, id) =>
        db.as(cast.editor, (client) => client.query("select public.cancel_training_job($1)", [id])),
    ],
    ["a request", (document) => queueTraining(db, cast.editor, document)],
    [
      "a deletion of the document",
      (document) => db.query("delete from public.vault_documents where id = $1", [document]),
    ],
  ];
  test.each(calls)("and %s at once do not deadlock", async (_, call) => {
    for (let round = 0; round < 20; round++) {
      const { document, id } = await retraining();

      const [called] = await Promise.all([
        call(document, id).then(() => "done", (error) => String(error.code)),
        remove(document),
      ]);

      expect(["done", "PGRST"]).toContain(called);
      await db.query("select private.update_search_indexes()");
      expect(await audited(document)).toEqual([]);
    }
  });
});

describe("an organisation", () => {
  test("is found missing by whoever works for it while it is deleted", async () => {
    const other = await createCast(db);
    const document = await createDocument(db, other.orgId);
    await queueTraining(db, other.editor, document);

    await db.query("delete from public.organizations where id = $1", [other.orgId]);

    expect(await raisedBy(queueTraining(db, other.editor, document))).toMatchObject({
      code: "ORG_NOT_FOUND",
    });
    const jobs = await db.query("select from private.jobs where org_id = $1", [other.orgId]);
    expect(jobs).toHaveLength(0);
  });
});
