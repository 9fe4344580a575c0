import { afterAll, describe, expect, test } from "vitest";
import { createTestDatabase, only } from "../support/test-database.ts";
import { createCast } from "./support/cast.ts";
import {
  addChunks,
  addToSet,
  chunk,
  claimTraining,
  complete,
  createDocument,
  createSet,
  liftTrainingCap,
  queueTraining,
} from "./support/training.ts";

const db = await createTestDatabase();
afterAll(() => db[Symbol.asyncDispose]());
const cast = await createCast(db);
await liftTrainingCap(db);

/** Trigger and status of the trainings of a document, oldest first. */
async function trainingsOf(documentId: string): Promise<string[]> {
  const rows = await db.query<{ line: string }>(
    `select trigger || ' ' || status as line from public.mono_training_jobs
     where vault_document_id = $1 order by queued_at`,
    [documentId],
  );
  return rows.map(({ line }) => line);
}

async function mark(setId: string, isAuto = true): Promise<void> {
  await db.as(
    cast.editor,
    (client) =>
      client.query("update public.mono_training_sets set auto_train = $2 where id = $1", [
        setId,
        isAuto,
      ]),
  );
}

/** Ends the open training of a document, as a worker does that has trained it as it is now. */
async function finish(documentId: string): Promise<void> {
  const { id, revision } = only(
    await db.query<{ id: string; revision: number }>(
      `select job.id, document.revision from public.mono_training_jobs as job
       join public.vault_documents as document on document.id = job.vault_document_id
       where document.id = $1 and job.status = 'queued'`,
      [documentId],
    ),
  );
  const lease = await claimTraining(db, id);
  await addChunks(db, lease, [chunk(0)]);
  expect(await complete(db, lease, { revision, chunkCount: 1 })).toBe("done");
}

async function rename(documentId: string): Promise<void> {
  await db.as(
    cast.editor,
    (client) =>
      client.query("update public.vault_documents set title = $2 where id = $1", [
        documentId,
        crypto.randomUUID(),
      ]),
  );
}

/** The organisation's default set. */
async function vaultSet(): Promise<string> {
  await db.query(
    `insert into public.mono_training_sets (org_id, name) values ($1, 'Vault')
     on conflict (org_id, name) do nothing`,
    [cast.orgId],
  );
  return only(
    await db.query<{ id: string }>(
      "select id from public.mono_training_sets where org_id = $1 and name = 'Vault'",
      [cast.orgId],
    ),
  ).id;
}

describe("a set that trains by itself", () => {
  test("trains a document again that comes back after it had left its last set", async () => {
    const set = await createSet(db, cast.orgId);
    await mark(set);
    const document = await createDocument(db, cast.orgId);
    await addToSet(db, set, document);
    await finish(document);
    await db.query("delete from public.mono_training_docs where vault_document_id = $1", [
      document,
    ]);

    await addToSet(db, set, document);

    expect((await trainingsOf(document)).at(-1)).toBe("auto queued");
  });

  test("trains a document that is put into it", async () => {
    const set = await createSet(db, cast.orgId);
    await mark(set);
    const document = await createDocument(db, cast.orgId);

    await addToSet(db, set, document);

    expect(await trainingsOf(document)).toEqual(["auto queued"]);
    expect(
      await db.query("select from private.jobs where dedupe_key = $1", [document]),
    ).toHaveLength(1);
  });

  test("trains a document that changes, once", async () => {
    const document = await createDocument(db, cast.orgId);
    const set = await createSet(db, cast.orgId, [document]);
    await mark(set);
    await finish(document);

    await rename(document);
    await rename(document);

    expect(await trainingsOf(document)).toEqual(["auto completed", "auto queued"]);
  });

  test("leaves a document that has not changed since it was trained", async () => {
    const document = await createDocument(db, cast.orgId);
    const set = await createSet(db, cast.orgId, [document]);
    await queueTraining(db, cast.editor, document);
    await finish(document);

    await mark(set);

    expect(await trainingsOf(document)).toEqual(["manual completed"]);
  });

  test("catches up when it is marked, and queues nothing beside an open training", async () => {
    const [waiting, open] = [
      await createDocument(db, cast.orgId),
      await createDocument(db, cast.orgId),
    ];
    const set = await createSet(db, cast.orgId, [waiting, open]);
    await queueTraining(db, cast.editor, open);

    await mark(set);

    expect(await trainingsOf(waiting)).toEqual(["auto queued"]);
    expect(await trainingsOf(open)).toEqual(["manual queued"]);
  });

  test("is the Vault for a document that is in no set", async () => {
    const before = await createDocument(db, cast.orgId);
    await mark(await vaultSet());

    const after = await createDocument(db, cast.orgId);
    await mark(await vaultSet(), false);
    const later = await createDocument(db, cast.orgId);

    expect(await trainingsOf(before)).toEqual(["auto queued"]);
    expect(await trainingsOf(after)).toEqual(["auto queued"]);
    expect(await trainingsOf(later)).toEqual([]);
  });

  test("is not the Vault for a document that was taken out of it", async () => {
    const vault = await vaultSet();
    await mark(vault);
    const document = await createDocument(db, cast.orgId);
    await finish(document);
    await db.query("delete from public.mono_training_docs where vault_document_id = $1", [
      document,
    ]);

    await rename(document);
    await mark(vault);

    expect(await trainingsOf(document)).toEqual([]);

    const { job } = await queueTraining(db, cast.editor, document);
    await mark(vault, false);
    expect(await trainingsOf(document)).toEqual(["manual queued"]);
    const place = only(
      await db.query<{ training_set_id: string }>(
        "select training_set_id from public.mono_training_docs where id = $1",
        [job.training_doc_id],
      ),
    );
    expect(place.training_set_id).toBe(vault);
  });

  test("is not the Vault for a document of another set", async () => {
    const document = await createDocument(db, cast.orgId);
    await createSet(db, cast.orgId, [document]);
    await mark(await vaultSet());

    await rename(document);
    await mark(await vaultSet(), false);

    expect(await trainingsOf(document)).toEqual([]);
  });

  test("trains nothing of another organisation", async () => {
    await mark(await vaultSet());

    const document = await createDocument(db, cast.strangerOrgId);
    await mark(await vaultSet(), false);

    expect(await trainingsOf(document)).toEqual([]);
  });
});

describe("a set that is not marked", () => {
  test("leaves new and changed documents alone", async () => {
    const document = await createDocument(db, cast.orgId);
    await createSet(db, cast.orgId, [document]);

    await rename(document);

    expect(await trainingsOf(document)).toEqual([]);
  });
});
