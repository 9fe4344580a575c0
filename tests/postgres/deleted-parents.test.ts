import { afterAll, describe, expect, test } from "vitest";
import { type Cast, createCast } from "../database/support/cast.ts";
import { createPage, createPointer, createProject } from "../database/support/drawings.ts";
import { createDocument, createSet, queueTraining } from "../database/support/training.ts";
import { createTestDatabase } from "../support/test-database.ts";

const rounds = 20;
const db = await createTestDatabase();
afterAll(() => db[Symbol.asyncDispose]());
const cast = await createCast(db);

/** How a statement ended: by its SQLSTATE, or by the code that it raised for its caller. */
function outcomeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => "done",
    (error) => error.code === "PGRST" ? JSON.parse(error.message).code : error.code,
  );
}

async function remove(table: string, id: string): Promise<void> {
  await db.query(`delete from public.${table} where id = $1`, [id]);
}

async function countJobs(...keys: string[]): Promise<number> {
  const rows = await db.query("select from private.jobs where dedupe_key = any ($1::text[])", [
    `{${keys}}`,
  ]);
  return rows.length;
}

interface Race {
  add: () => Promise<unknown>;
  remove: () => Promise<void>;
  /** How much there still is of what was added. */
  left: () => Promise<number>;
}

/** Adds something while its parent is deleted, again and again; the ways in which adding ended. */
async function race(round: () => Promise<Race>): Promise<Set<string>> {
  const outcomes = new Set<string>();
  for (let at = 0; at < rounds; at++) {
    const { add, remove, left } = await round();
    const [outcome] = await Promise.all([outcomeOf(add()), remove()]);
    outcomes.add(outcome);
    expect(await left(), outcome).toBe(0);
  }
  return outcomes;
}

async function countRows(table: string, column: string, value: string): Promise<number> {
  return (await db.query(`select from public.${table} where ${column} = $1`, [value])).length;
}

describe("what is added while its parent is deleted goes with it, or is refused:", () => {
  test("a training of a document", async () => {
    const outcomes = await race(async () => {
      const id = await createDocument(db, cast.orgId);
      return {
        add: () => queueTraining(db, cast.editor, id),
        remove: () => remove("vault_documents", id),
        left: async () => await countRows("mono_training_jobs", "vault_document_id", id),
      };
    });

    expect(["done", "DOCUMENT_NOT_FOUND"]).toEqual(expect.arrayContaining([...outcomes]));
  });

  test("a document of a set", async () => {
    const documentId = await createDocument(db, cast.orgId);
    const outcomes = await race(async () => {
      const id = await createSet(db, cast.orgId);
      return {
        add: () =>
          db.as(cast.editor, (client) =>
            client.query(
              `insert into public.mono_training_docs (training_set_id, vault_document_id)
               values ($1, $2)`,
              [id, documentId],
            )),
        remove: () => remove("mono_training_sets", id),
        left: () => countRows("mono_training_docs", "training_set_id", id),
      };
    });

    expect(["done", "23503", "42501"]).toEqual(expect.arrayContaining([...outcomes]));
  });

  test("a crop of a page", async () => {
    const projectId = await createProject(db, cast.editor, cast.orgId);
    const outcomes = await race(async () => {
      const id = await createPage(db, cast.editor, projectId);
      return {
        add: () => createPointer(db, cast.editor, id),
        remove: () => remove("pages", id),
        left: () => countRows("pointers", "page_id", id),
      };
    });

    expect(["done", "PAGE_NOT_FOUND", "23503"]).toEqual(expect.arrayContaining([...outcomes]));
  });

  test("a document and its training, of an organisation", async () => {
    let other: Cast;
    const outcomes = await race(async () => {
      other = await createCast(db);
      const { orgId } = other;
      const documentId = await createDocument(db, orgId);
      return {
        add: async () => {
          await queueTraining(db, other.editor, documentId);
          await createDocument(db, orgId);
        },
        remove: () => remove("organizations", orgId),
        left: async () =>
          await countRows("vault_documents", "org_id", orgId) +
          await countRows("mono_training_jobs", "org_id", orgId) + await countJobs(documentId),
      };
    });

    expect(["done", "ORG_NOT_FOUND", "DOCUMENT_NOT_FOUND", "23503"])
      .toEqual(expect.arrayContaining([...outcomes]));
  });
});
