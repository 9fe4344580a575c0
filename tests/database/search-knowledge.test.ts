import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createTestDatabase, type Persona } from "../support/test-database.ts";
import { createCast } from "./support/cast.ts";
import { raisedBy, sqlStateOf } from "./support/rejection.ts";
import {
  addChunks,
  addToSet,
  chunk,
  claimTraining,
  createDocument,
  createSet,
  liftTrainingCap,
  queueTraining,
  train,
  vector,
} from "./support/training.ts";

const db = await createTestDatabase();
afterAll(() => db[Symbol.asyncDispose]());
const cast = await createCast(db);
const documents: Record<"handbook" | "lease" | "foreign" | "staged", string> = {
  handbook: "",
  lease: "",
  foreign: "",
  staged: "",
};
let leaseSet: string;

beforeAll(async () => {
  await liftTrainingCap(db);
  documents.handbook = await createDocument(db, cast.orgId, { title: "Handbook" });
  documents.lease = await createDocument(db, cast.orgId, { title: "Lease" });
  documents.staged = await createDocument(db, cast.orgId, { title: "Staged" });
  documents.foreign = await createDocument(db, cast.strangerOrgId, { title: "Foreign" });

  await train(db, cast.editor, documents.handbook, [
    chunk(0, {
      content: "Employees take thirty days of holiday each year.",
      embedding: vector(1, 0),
      metadata: { topic: "holiday", year: 2026 },
    }),
    chunk(1, {
      content: "Expenses are paid back with the salary.",
      embedding: vector(0.8, 0.6),
      heading_path: ["Handbook", "Money"],
    }),
    chunk(2, { content: "The office is closed on Sundays.", embedding: vector(0, 1) }),
  ]);
  await train(db, cast.editor, documents.lease, [
    chunk(0, {
      content: "The tenant pays the rent on the third working day.",
      embedding: vector(0.6, 0.8),
    }),
    chunk(1, { content: "Holiday lets are not allowed.", embedding: vector(-1, 0) }),
  ]);
  await addVectorOfAnotherModel();
  await train(db, cast.stranger, documents.foreign, [
    chunk(0, { content: "Holiday of the other organisation.", embedding: vector(1, 0) }),
  ]);
  leaseSet = await createSet(db, cast.orgId);
  await addToSet(db, leaseSet, documents.lease);

  const { job } = await queueTraining(db, cast.editor, documents.staged);
  await addChunks(db, await claimTraining(db, job.id), [
    chunk(0, { content: "Holiday that is not complete yet.", embedding: vector(1, 0) }),
  ]);
});

/** What no worker can do: in the live generation, beside the vectors that it belongs to. */
async function addVectorOfAnotherModel(): Promise<void> {
  await db.query(
    `insert into public.mono_training_chunks (
       org_id, vault_document_id, generation, ordinal, content, start_offset,
       end_offset, token_count, content_hash, embedding_model, embedding
     )
     select org_id, vault_document_id, generation, 2,
       'Another model wrote this about holiday.', 20, 30, 3, repeat('2', 64), 'other-model',
       $2::text::extensions.halfvec
     from public.mono_training_chunks where vault_document_id = $1 and ordinal = 0`,
    [documents.lease, vector(1, 0)],
  );
}

type Match = {
  source: string;
  id: string;
  document_id: string;
  title: string;
  content: string;
  heading_path: string[];
  ordinal: number;
  start_offset: number;
  end_offset: number;
  token_count: number;
  score: number;
  similarity: number | null;
  text_rank: number | null;
};

const casts: Record<string, string> = {
  p_embedding: "::text::extensions.vector",
  p_sources: "::text::text[]",
  p_training_set_ids: "::text::uuid[]",
  p_vault_document_ids: "::text::uuid[]",
  p_metadata: "::text::jsonb",
};

/** Asks as a browser does; `options` are parameters without their prefix. */
function search(options: Record<string, unknown> = {}, persona: Persona = cast.viewer) {
  const parameters: Record<string, unknown> = {
    p_org_id: cast.orgId,
    p_query: "holiday",
    p_embedding: vector(1, 0),
    p_embedding_model: "test-model",
  };
  for (const [name, value] of Object.entries(options)) {
    parameters[`p_${name}`] = Array.isArray(value) ? `{${value.join()}}` : value;
  }
  const names = Object.keys(parameters);
  return db.as(persona, (client) =>
    client.query<Match>(
      `select * from public.search_knowledge(${
        names.map((name, index) => `${name} => $${index + 1}${casts[name] ?? ""}`).join()
      })`,
      Object.values(parameters),
    ));
}

const contents = async (options: Record<string, unknown> = {}, persona?: Persona) =>
  (await search(options, persona)).map((match) => match.content.split(" ").slice(0, 2).join(" "));

describe("search_knowledge", () => {
  test("finds by meaning, nearest first", async () => {
    const rows = await search({ mode: "vector", query: "vacation" });

    expect(rows.map(({ content }) => content.split(" ")[0])).toEqual([
      "Employees",
      "Expenses",
      "The",
      "The",
      "Holiday",
    ]);
    expect(rows.map(({ similarity }) => Number(similarity!.toFixed(2)))).toEqual([
      1,
      0.8,
      0.6,
      0,
      -1,
    ]);
    expect(rows.every(({ score, similarity }) => score === similarity)).toBe(true);
  });

  test("finds by words, without an embedding", async () => {
    const rows = await search({ mode: "text", query: "the rent", embedding: null });

    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({
      title: "Lease",
      content: "The tenant pays the rent on the third working day.",
      similarity: null,
    });
    expect(rows[0]!.score).toBe(rows[0]!.text_rank);
  });

  test("finds by any of the words, in every inflection", async () => {
    expect(await contents({ mode: "text", query: "paying expense elephants" })).toEqual([
      "Expenses are",
      "The tenant",
    ]);
  });

  test("finds by both, best of both first", async () => {
    const rows = await search({ query: "When is the rent due?", embedding: vector(1, 0) });

    expect(rows).toHaveLength(5);
    const rent = rows.find(({ content }) => content.includes("rent"))!;
    expect(rent.text_rank).toBeGreaterThan(0);
    expect(rent.similarity).toBeCloseTo(0.6, 2);
    expect(rows.filter(({ text_rank }) => text_rank !== null)).toHaveLength(1);
    expect(rows.map(({ score }) => score)).toEqual(
      rows.map(({ score }) => score).toSorted((a, b) => b - a),
    );
    expect(await contents({ query: "rent", embedding: vector(0.7, 0.7) })).toHaveProperty(
      "0",
      "The tenant",
    );
  });

  test("answers with everything that a citation needs", async () => {
    const [match] = await search({ mode: "vector", match_count: 1 });

    expect(match).toMatchObject({
      source: "chunk",
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      document_id: documents.handbook,
      title: "Handbook",
      heading_path: ["Handbook"],
      ordinal: 0,
      start_offset: 0,
      end_offset: 10,
      token_count: 3,
    });
  });

  test("hides another organisation's chunks", async () => {
    for (const mode of ["vector", "text", "hybrid"]) {
      const rows = await search({ mode });

      expect(rows.length).toBeGreaterThan(0);
      expect(rows.map(({ document_id }) => document_id)).not.toContain(documents.foreign);
    }
  });

  test.each(["stranger", "memberOfTwo", "viewer"] as const)(
    "finds for %s what belongs to the asked organisation",
    async (role) => {
      const work = search({ org_id: cast.strangerOrgId }, cast[role]);

      if (role === "viewer") expect((await raisedBy(work)).code).toBe("ORG_NOT_FOUND");
      else {
        expect((await work).map(({ document_id }) => document_id)).toEqual([documents.foreign]);
      }
    },
  );

  test("does not tell a foreign organisation from a missing one", async () => {
    const foreign = await raisedBy(search({}, cast.stranger));
    const missing = await raisedBy(search({ org_id: crypto.randomUUID() }, cast.stranger));
    const none = await raisedBy(search({ org_id: null }, cast.stranger));

    expect(foreign).toMatchObject({ code: "ORG_NOT_FOUND", status: 404 });
    expect([missing, none]).toEqual([foreign, foreign]);
  });

  test("finds nothing through another organisation's set or document", async () => {
    const foreignSet = await createSet(db, cast.strangerOrgId);
    await addToSet(db, foreignSet, documents.foreign);

    expect(await search({ training_set_ids: [foreignSet] })).toEqual([]);
    expect(await search({ vault_document_ids: [documents.foreign] })).toEqual([]);
  });

  test("does not see chunks that are not live", async () => {
    for (const mode of ["vector", "text", "hybrid"]) {
      const rows = await search({ mode, vault_document_ids: [documents.staged] });

      expect(rows).toEqual([]);
    }
  });

  test("never compares the vectors of two models", async () => {
    for (const embedding_model of ["test-model", null]) {
      for (const mode of ["vector", "hybrid", "text"]) {
        const rows = await search({ match_count: 50, embedding_model, mode });

        expect(rows.length).toBeGreaterThan(0);
        expect(rows.map(({ content }) => content)).not.toContain(
          "Another model wrote this about holiday.",
        );
      }
    }
  });

  test("refuses a question of another model than the organisation's, and names that", async () => {
    expect(await raisedBy(search({ embedding_model: "other-model" }))).toMatchObject({
      code: "EMBEDDING_MODEL_CHANGED",
      status: 409,
      details: { embedding_model: "test-model" },
    });
    // Whoever may not know the organisation learns nothing of its model.
    expect(await raisedBy(search({ embedding_model: "other-model" }, cast.stranger)))
      .toMatchObject({ code: "ORG_NOT_FOUND" });
  });

  test("takes a question of any model before anything is trained", async () => {
    const other = await createCast(db);

    expect(await search({ org_id: other.orgId, embedding_model: "any" }, other.viewer)).toEqual([]);
  });

  test("searches the asked sets only", async () => {
    expect(await contents({ mode: "vector", training_set_ids: [leaseSet] })).toEqual([
      "The tenant",
      "Holiday lets",
    ]);
    expect(await search({ training_set_ids: [] })).toEqual([]);
  });

  test("searches the asked documents only", async () => {
    expect(await contents({ mode: "vector", vault_document_ids: [documents.handbook] })).toEqual([
      "Employees take",
      "Expenses are",
      "The office",
    ]);
    expect(await search({ vault_document_ids: [] })).toEqual([]);
  });

  test("searches by metadata that a chunk contains", async () => {
    expect(await contents({ metadata: '{"topic":"holiday"}' })).toEqual(["Employees take"]);
    expect(await search({ metadata: '{"topic":"holiday","year":2025}' })).toEqual([]);
    expect(await search({ metadata: "{}" })).toHaveLength(5);
  });

  test("leaves out what is less similar than asked, however it was found", async () => {
    expect(await contents({ mode: "vector", min_similarity: 0.7 })).toEqual([
      "Employees take",
      "Expenses are",
    ]);
    expect(await contents({ mode: "text", min_similarity: 0 })).toEqual(["Employees take"]);
    expect(await contents({ mode: "hybrid", min_similarity: 0 })).not.toContain("Holiday lets");
    expect(await search({ min_similarity: 1.1 })).toEqual([]);
  });

  test.each([[-5, 0], [0, 0], [1, 1], [3, 3], [1_000_000, 5]])(
    "makes at most %i matches %i",
    async (match_count, expected) => {
      expect(await search({ match_count })).toHaveLength(expected);
    },
  );

  test("returns at most 50 of many", async () => {
    const many = await createDocument(db, cast.strangerOrgId);
    await train(
      db,
      cast.stranger,
      many,
      Array.from({ length: 60 }, (_, index) => chunk(index)),
    );

    const rows = await search({
      org_id: cast.strangerOrgId,
      query: "passage",
      match_count: 1000,
      vault_document_ids: [many],
    }, cast.stranger);

    expect(rows).toHaveLength(50);
  });

  test("finds nothing by words when there are only stop words", async () => {
    expect(await search({ mode: "text", query: "the of and" })).toEqual([]);
    expect(await search({ mode: "hybrid", query: "the of and" })).toHaveLength(5);
  });

  test.each([
    "holiday & | ! ( ) <-> :*",
    "holiday'",
    "holiday ''; drop table x; --",
    "holiday \\",
    "holiday http://x.example/a'b?c='|d",
    "\\' holiday \\\\'",
    'holiday "phrase" -not OR or',
    "% _ holiday *",
    "holiday\u0001\n\t",
    "holiday a:b <3> {x} [y] $1 $$",
    "𝕙 🏖 holiday",
  ])("takes %j as words, not as operators", async (query) => {
    expect(await contents({ mode: "text", query })).toContain("Employees take");
  });

  test("takes any text as a question", async () => {
    const question = fc.oneof(
      fc.string({ unit: "binary", minLength: 1, maxLength: 200 }),
      fc.array(fc.constantFrom("'", "\\", "&", "|", "!", "(", ")", ":*", "<->", " ", "holiday"), {
        minLength: 1,
        maxLength: 30,
      }).map((parts) => parts.join("")),
    ).map((text) => text.replaceAll("\0", "")).filter((text) =>
      text.length > 0 && text.isWellFormed()
    );

    await fc.assert(
      fc.asyncProperty(question, async (query) => {
        expect((await search({ query })).length).toBe(5);
      }),
      { numRuns: 100 },
    );
  });

  test("takes a long question of many words", async () => {
    const query = Array.from({ length: 330 }, (_, index) => `w${index}`).join(" ");

    await expect(search({ query: `${query} holiday`.slice(-2000) })).resolves.toHaveLength(5);
  });

  test.each<[string, Record<string, unknown>]>([
    ["no question", { query: null }],
    ["an empty question", { query: "" }],
    ["a question of 2001 characters", { query: "x".repeat(2001) }],
    ["a question of a megabyte", { query: "x ".repeat(500_000) }],
    ["an unknown mode", { mode: "magic" }],
    ["no mode", { mode: null }],
    ["an unknown source", { sources: ["page"] }],
    ["a source beside the known ones", { sources: ["chunk", "page"] }],
    ["no source", { sources: [] }],
    ["null as its sources", { sources: null }],
    ["null among its sources", { sources: ["null"] }],
    ["no embedding", { embedding: null }],
    ["no embedding for vector", { embedding: null, mode: "vector" }],
    ["an embedding of 3 dimensions", { embedding: "[1,2,3]" }],
    ["an embedding of 1536 dimensions", { embedding: JSON.stringify(Array(1536).fill(1)) }],
    ["an embedding of the wrong size in text", { embedding: "[1]", mode: "text" }],
    ["an embedding without length", { embedding: vector() }],
    ["an embedding that is too short to have a length", { embedding: vector(1e-9) }],
  ])("refuses %s", async (_, options) => {
    expect(await raisedBy(search(options))).toMatchObject({ code: "INVALID_REQUEST", status: 400 });
  });

  test("takes lists of a hundred thousand ids, and lists with null", async () => {
    const ids = Array.from({ length: 100_000 }, () => crypto.randomUUID());

    expect(await search({ vault_document_ids: [...ids, documents.lease] })).toHaveLength(2);
    expect(await search({ training_set_ids: [null, leaseSet].map(String) })).toHaveLength(2);
  });

  test("equals, row by row, what the caller may read without it", async () => {
    const scenario = fc.record({
      role: fc.constantFrom("owner" as const, "viewer" as const, "memberOfTwo" as const),
      mode: fc.constantFrom("vector" as const, "text" as const),
      foreign: fc.boolean(),
      query: fc.constantFrom("holiday", "rent and salary", "the office on Sundays", "passage", "x"),
      embedding: fc.tuple(fc.integer({ min: -9, max: 9 }), fc.integer({ min: 1, max: 9 })),
      documents: fc.option(
        fc.subarray(["handbook", "lease", "foreign", "staged"] as const, { minLength: 1 }),
      ),
    });

    await fc.assert(
      fc.asyncProperty(scenario, async ({ role, mode, query, embedding, ...options }) => {
        const orgId = options.foreign && role === "memberOfTwo" ? cast.strangerOrgId : cast.orgId;
        const ids = options.documents?.map((name) => documents[name]) ?? null;
        const question = vector(...embedding);
        const found = await search({
          org_id: orgId,
          mode,
          query,
          embedding: question,
          match_count: 50,
          ...(ids && { vault_document_ids: ids }),
        }, cast[role]);

        const readable = await db.as(cast[role], (client) =>
          client.query<Match>(
            `with question as (
               select $1::text::extensions.halfvec(1024) as embedding,
                 nullif(replace(plainto_tsquery('english', $2)::text, '&', '|'), '')::tsquery as words
             ),
             readable as (
               select chunk.*, document.title
               from public.mono_training_chunks as chunk
               join public.vault_documents as document on document.id = chunk.vault_document_id
               -- The chunk of another model was put there by hand: nobody has counted it.
               where chunk.org_id = $4 and chunk.embedding_model = 'test-model'
             ),
             word as (
               select lexeme::tsquery as word, ln(1 + (
                 (select count(*) from readable)
                   - (select count(*) from readable where search_vector @@ lexeme::tsquery) + 0.5
               ) / (
                 (select count(*) from readable where search_vector @@ lexeme::tsquery) + 0.5
               ))::double precision as weight
               from unnest(tsvector_to_array(to_tsvector('english', $2))) as lexeme
             ),
             found as (
               select readable.*,
                 1 - (embedding operator(extensions.<=>) (select embedding from question))
                   as similarity,
                 case when $3 = 'text' then round((
                   select sum(weight * ts_rank(search_vector, word, 1)) from word
                 )::numeric, 12)::double precision end as text_rank
               from readable
               where ($5::text::uuid[] is null or vault_document_id = any ($5::text::uuid[]))
                 and ($3 = 'vector' or search_vector @@ (select words from question))
             )
             select 'chunk' as source, id, vault_document_id as document_id, title, content,
               heading_path, ordinal, start_offset, end_offset, token_count,
               null::uuid as project_id, null::uuid as page_id, similarity, text_rank
             from found
             order by case when $3 = 'text' then -text_rank else -similarity end, id
             limit 50`,
            [question, query, mode, orgId, ids && `{${ids.join()}}`],
          ));
        expect(
          found.map(({ score: _, text_rank, ...row }) => ({
            ...row,
            text_rank: text_rank && Number(text_rank.toFixed(12)),
          })),
        ).toEqual(readable);
      }),
      { numRuns: 60 },
    );
  });

  test.each(["anon", "service_role"] as const)("is not for %s", async (persona) => {
    expect(await sqlStateOf(search({}, persona))).toBe("42501");
  });
});
