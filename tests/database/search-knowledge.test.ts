import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { createTestDatabase } from "../support/test-database.ts";
import { createCast } from "./support/cast.ts";
import { createKnowledge, type Match } from "./support/knowledge.ts";
import { raisedBy } from "./support/rejection.ts";
import { chunk, createDocument, train, vector } from "./support/training.ts";

const db = await createTestDatabase();
afterAll(() => db[Symbol.asyncDispose]());
const { cast, contents, documents, leaseSet, search } = await createKnowledge(db);

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
});
