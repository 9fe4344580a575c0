import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createTestDatabase, type Persona } from "../support/test-database.ts";
import { createCast } from "./support/cast.ts";
import { createPage, createPointer, createProject, enrich } from "./support/drawings.ts";
import {
  chunk,
  createDocument,
  createSet,
  liftTrainingCap,
  train,
  vector,
} from "./support/training.ts";

const db = await createTestDatabase();
afterAll(() => db[Symbol.asyncDispose]());
const cast = await createCast(db);

let projectId: string;
let pageId: string;
let drain: string;
let coping: string;
let unread: string;
let foreign: string;
let documentId: string;
let setId: string;

/** Reads a crop of a project whose vector points `angle` away from the question's. */
async function addRead(persona: Persona, page: string, text: string, angle: number) {
  const id = await createPointer(db, persona, page, text);
  await enrich(db, id, {
    description: `${text} anchored with bolts`,
    enrichment_metadata: { detail_number: "1", kind: text },
    embedding: vector(Math.cos(angle), Math.sin(angle)),
    embedding_model: "test-model",
  });
  return id;
}

beforeAll(async () => {
  await liftTrainingCap(db);
  projectId = await createProject(db, cast.editor, cast.orgId);
  pageId = await createPage(db, cast.editor, projectId, { sheet: "A-501" });
  drain = await addRead(cast.editor, pageId, "Drain", 0.1);
  const other = await createPage(
    db,
    cast.editor,
    await createProject(db, cast.editor, cast.orgId),
  );
  coping = await addRead(cast.editor, other, "Coping", 0.5);
  unread = await createPointer(db, cast.editor, pageId, "Drain bolts");
  const strangerPage = await createPage(
    db,
    cast.stranger,
    await createProject(db, cast.stranger, cast.strangerOrgId),
  );
  foreign = await addRead(cast.stranger, strangerPage, "Drain", 0);
  documentId = await createDocument(db, cast.orgId);
  setId = await createSet(db, cast.orgId, [documentId]);
  await train(db, cast.editor, documentId, [
    chunk(0, { content: "Bolts are galvanised.", embedding: vector(Math.cos(0.3), Math.sin(0.3)) }),
  ]);
});

interface Match extends Record<string, unknown> {
  source: string;
  id: string;
}

async function search(
  options: Record<string, string> = {},
  { persona = cast.viewer, orgId = cast.orgId, query = "bolts" } = {},
): Promise<Match[]> {
  const names = Object.keys(options);
  const types: Record<string, string> = {
    mode: "text",
    metadata: "jsonb",
    min_similarity: "float8",
  };
  const further = names.map((name, at) =>
    `, p_${name} => $${at + 4}::text::${types[name] ?? (name === "sources" ? "text[]" : "uuid[]")}`
  );
  return await db.as(persona, (client) =>
    client.query<Match>(
      `select * from public.search_knowledge($1, $2, $3::text::extensions.vector${
        further.join("")
      })`,
      [orgId, query, vector(1, 0), ...Object.values(options)],
    ));
}

const idsOf = (matches: Match[]) =>
  matches.map(({ source, id }) => source === "chunk" ? source : id);

describe("search_knowledge over crops and documents", () => {
  test("finds both by meaning, nearest first", async () => {
    expect(idsOf(await search({ mode: "vector" }))).toEqual([drain, "chunk", coping]);
  });

  test.each(["text", "hybrid"])("finds both with mode %s", async (mode) => {
    expect(new Set(idsOf(await search({ mode })))).toEqual(new Set([drain, coping, "chunk"]));
  });

  test("says of a crop where it is, and nothing that only a text has", async () => {
    const match = (await search({ mode: "vector" }))[0];

    expect(match).toMatchObject({
      source: "pointer",
      document_id: null,
      title: "Drain",
      content: "Drain anchored with bolts",
      heading_path: ["A-501 Roof details"],
      ordinal: null,
      project_id: projectId,
      page_id: pageId,
    });
    expect(match!.similarity).toBeCloseTo(Math.cos(0.1), 3);
  });

  test.each(["vector", "text", "hybrid"])(
    "shows no crop of another organisation, and none that is not read, with mode %s",
    async (mode) => {
      const ids = idsOf(await search({ mode }));

      expect(ids).not.toContain(foreign);
      expect(ids).not.toContain(unread);
      expect(
        idsOf(await search({ mode }, { persona: cast.stranger, orgId: cast.strangerOrgId })),
      ).toEqual([foreign]);
    },
  );

  test("keeps to the sources that are asked for", async () => {
    expect(idsOf(await search({ sources: "{chunk}", mode: "vector" }))).toEqual(["chunk"]);
    expect(idsOf(await search({ sources: "{pointer}", mode: "vector" }))).toEqual([drain, coping]);
  });

  test("leaves out what a filter cannot be about, unless there is one for it too", async () => {
    const project = { project_ids: `{${projectId}}` };
    const set = { training_set_ids: `{${setId}}` };

    expect(idsOf(await search({ ...project, mode: "vector" }))).toEqual([drain]);
    expect(idsOf(await search({ ...set, mode: "vector" }))).toEqual(["chunk"]);
    expect(idsOf(await search({ vault_document_ids: `{${documentId}}` }))).toEqual(["chunk"]);
    expect(idsOf(await search({ ...project, ...set, mode: "vector" }))).toEqual([drain, "chunk"]);
  });

  test("filters crops by what was read of them, and both by similarity", async () => {
    expect(idsOf(await search({ metadata: '{"kind":"Coping"}' }))).toEqual([coping]);
    expect(idsOf(await search({ min_similarity: "0.94", mode: "vector" })))
      .toEqual([drain, "chunk"]);
  });

  test("finds the words of crops where every document is in another language", async () => {
    await db.query(
      "update private.search_stats set languages = '{german}' where org_id = $1",
      [cast.orgId],
    );

    const ids = idsOf(
      await search({ sources: "{pointer}", mode: "text" }, { query: "anchoring" }),
    );

    expect(new Set(ids)).toEqual(new Set([drain, coping]));
  });
});
