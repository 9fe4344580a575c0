import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { createTestDatabase } from "../support/test-database.ts";
import { createKnowledge } from "./support/knowledge.ts";
import { raisedBy } from "./support/rejection.ts";
import { vector } from "./support/training.ts";

const db = await createTestDatabase();
afterAll(() => db[Symbol.asyncDispose]());
const { contents, documents, leaseSet, search } = await createKnowledge(db);

describe("search_knowledge", () => {
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
});
