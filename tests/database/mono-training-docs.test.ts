import { afterAll, describe, expect, test } from "vitest";
import { createTestDatabase, only, type Persona } from "../support/test-database.ts";
import { createCast, eachRole, rowsFor } from "./support/cast.ts";
import { raisedBy, sqlStateOf } from "./support/rejection.ts";
import {
  addToSet,
  chunk,
  createDocument,
  createSet,
  liftTrainingCap,
  storedChunks,
  train,
} from "./support/training.ts";

const db = await createTestDatabase();
afterAll(() => db[Symbol.asyncDispose]());
const cast = await createCast(db);
await liftTrainingCap(db);

function add(persona: Persona, setId: string, documentId: string) {
  return db.as(persona, (client) =>
    client.query<{ org_id: string; title: string }>(
      `insert into public.mono_training_docs (training_set_id, vault_document_id)
       values ($1, $2) returning org_id, title`,
      [setId, documentId],
    ));
}

function removeFromSet(persona: Persona, setId: string, documentId: string) {
  return db.as(persona, (client) =>
    client.query(
      "delete from public.mono_training_docs where training_set_id = $1 and vault_document_id = $2",
      [setId, documentId],
    ));
}

const untrained = {
  chunk_generation: null,
  next_chunk_generation: null,
  trained_revision: null,
};

async function trainedState(documentId: string) {
  return only(
    await db.query(
      `select chunk_generation, next_chunk_generation, trained_revision
       from public.vault_documents where id = $1`,
      [documentId],
    ),
  );
}

/** What the audit has to say of a document. */
function audited(documentId: string) {
  return db.query(
    `select name, detail from private.audit_chunks() where subject = $1
     union all
     select name, detail from private.audit_trainings() where subject = $1`,
    [documentId],
  );
}

describe("mono_training_docs", () => {
  test.each(eachRole("owner", "admin", "editor", "viewer", "memberOfTwo"))(
    "%s %s see which documents are in a set",
    async (verdict, role) => {
      const set = await createSet(db, cast.orgId, [await createDocument(db, cast.orgId)]);

      const rows = await rowsFor(
        db,
        cast[role],
        "select 1 from public.mono_training_docs where training_set_id = $1",
        [set],
      );

      expect(rows).toBe(verdict === "lets" ? 1 : 0);
    },
  );

  test.each(eachRole("owner", "admin", "editor"))(
    "%s %s put a document into a set",
    async (verdict, role) => {
      const set = await createSet(db, cast.orgId);
      const document = await createDocument(db, cast.orgId);

      const added = await add(cast[role], set, document).then(() => true, () => false);

      expect(added).toBe(verdict === "lets");
    },
  );

  test.each(eachRole("owner", "admin", "editor"))(
    "%s %s take one out",
    async (verdict, role) => {
      const document = await createDocument(db, cast.orgId);
      await createSet(db, cast.orgId, [document]);

      const rows = await rowsFor(
        db,
        cast[role],
        "delete from public.mono_training_docs where vault_document_id = $1 returning 1",
        [document],
      );

      expect(rows).toBe(verdict === "lets" ? 1 : 0);
    },
  );

  test.each(eachRole())("%s %s move one to another set", async (_, role) => {
    const work = db.as(
      cast[role],
      (client) =>
        client.query(
          "update public.mono_training_docs set training_set_id = training_set_id where false",
        ),
    );

    expect(await sqlStateOf(work)).toBe("42501");
  });

  test("takes organisation and title from the document", async () => {
    const set = await createSet(db, cast.orgId);
    const document = await createDocument(db, cast.orgId, { title: "Lease of the yard" });

    const row = only(await add(cast.editor, set, document));

    expect(row).toEqual({ org_id: cast.orgId, title: "Lease of the yard" });
  });

  test("does not tell a foreign document from a missing one", async () => {
    const set = await createSet(db, cast.orgId);

    const foreign = await raisedBy(
      add(cast.editor, set, await createDocument(db, cast.strangerOrgId)),
    );
    const missing = await raisedBy(add(cast.editor, set, crypto.randomUUID()));

    expect(foreign).toMatchObject({ code: "DOCUMENT_NOT_FOUND", status: 404 });
    expect(missing).toEqual(foreign);
  });

  test("does not tell a foreign set from a missing one", async () => {
    const document = await createDocument(db, cast.orgId);

    const foreign = await sqlStateOf(
      add(cast.editor, await createSet(db, cast.strangerOrgId), document),
    );
    const missing = await sqlStateOf(add(cast.editor, crypto.randomUUID(), document));

    expect([foreign, missing]).toEqual(["23503", "23503"]);
  });

  test("keeps even a member of both organisations from mixing them", async () => {
    const set = await createSet(db, cast.strangerOrgId);
    const document = await createDocument(db, cast.orgId);

    expect(await sqlStateOf(add(cast.memberOfTwo, set, document))).toBe("42501");
    expect(await sqlStateOf(addToSet(db, set, document))).toBe("23503");
  });

  test("holds a document once", async () => {
    const document = await createDocument(db, cast.orgId);
    const set = await createSet(db, cast.orgId, [document]);

    expect(await sqlStateOf(add(cast.editor, set, document))).toBe("23505");
  });

  test("keeps the chunks of a document that leaves one of two sets", async () => {
    const document = await createDocument(db, cast.orgId);
    const first = await createSet(db, cast.orgId, [document]);
    const second = await createSet(db, cast.orgId, [document]);
    await train(db, cast.editor, document, [chunk(0), chunk(1)]);
    const vault = only(
      await db.query<{ id: string }>(
        "select id from public.mono_training_sets where org_id = $1 and name = 'Vault'",
        [cast.orgId],
      ),
    ).id;

    await removeFromSet(cast.editor, vault, document);
    await removeFromSet(cast.editor, first, document);

    expect(await storedChunks(db, document)).toHaveLength(2);
    const jobs = await db.query(
      "select from public.mono_training_jobs where vault_document_id = $1",
      [document],
    );
    expect(jobs).toHaveLength(1);

    await removeFromSet(cast.editor, second, document);

    expect(await storedChunks(db, document)).toHaveLength(0);
  });

  test("keeps them when a whole set is deleted, too", async () => {
    const document = await createDocument(db, cast.orgId);
    await train(db, cast.editor, document, [chunk(0)]);
    await createSet(db, cast.orgId, [document]);

    await db.as(
      cast.admin,
      (client) =>
        client.query("delete from public.mono_training_sets where org_id = $1 and name = 'Vault'", [
          cast.orgId,
        ]),
    );

    expect(await storedChunks(db, document)).toEqual([{ content: "Passage 0", is_live: true }]);
  });

  test("leaves a document untrained that leaves its last set, trained or half switched", async () => {
    const document = await createDocument(db, cast.orgId);
    await train(db, cast.editor, document, [chunk(0)]);
    await db.query("update public.vault_documents set next_chunk_generation = 1 where id = $1", [
      document,
    ]);

    await db.query("delete from public.mono_training_docs where vault_document_id = $1", [
      document,
    ]);

    expect(await trainedState(document)).toEqual(untrained);
    expect(await audited(document)).toEqual([]);
  });

  test("leaves all documents of a deleted set untrained", async () => {
    const { editor, admin, orgId } = await createCast(db);
    const documents = [await createDocument(db, orgId), await createDocument(db, orgId)];
    for (const document of documents) await train(db, editor, document, [chunk(0)], { orgId });

    await db.as(
      admin,
      (client) => client.query("delete from public.mono_training_sets where org_id = $1", [orgId]),
    );

    for (const document of documents) {
      expect(await trainedState(document)).toEqual(untrained);
      expect(await audited(document)).toEqual([]);
    }
  });

  test("takes a document back as one that was never trained", async () => {
    const document = await createDocument(db, cast.orgId);
    await train(db, cast.editor, document, [chunk(0), chunk(1)]);
    await db.query("delete from public.mono_training_docs where vault_document_id = $1", [
      document,
    ]);

    await createSet(db, cast.orgId, [document]);

    expect(await audited(document)).toEqual([]);
    await train(db, cast.editor, document, [chunk(0)]);
    expect(await storedChunks(db, document)).toEqual([{ content: "Passage 0", is_live: true }]);
    expect(await audited(document)).toEqual([]);
  });

  test("loses a document that is deleted, with its chunks", async () => {
    const document = await createDocument(db, cast.orgId);
    await train(db, cast.editor, document, [chunk(0)]);

    await db.as(
      cast.admin,
      (client) => client.query("delete from public.vault_documents where id = $1", [document]),
    );

    const row = only(
      await db.query(
        `select (select count(*) from public.mono_training_docs where vault_document_id = $1)
           + (select count(*) from public.mono_training_chunks where vault_document_id = $1)
           + (select count(*) from public.mono_training_jobs where vault_document_id = $1) = 0
           as is_gone`,
        [document],
      ),
    );
    expect(row).toEqual({ is_gone: true });
  });
});
