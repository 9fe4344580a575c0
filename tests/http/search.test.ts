import { beforeAll, describe, expect, test } from "vitest";
import { trainToEnd } from "../support/training.ts";
import {
  addDocument,
  callFunction,
  createMember,
  createOrganization,
  createUser,
  type User,
} from "../support/user.ts";
import { expectError } from "./support/expect-error.ts";
import { rest } from "./support/rest.ts";

interface Match {
  source: string;
  id: string;
  document_id: string;
  title: string;
  content: string;
  heading_path: string[];
  ordinal: number;
  score: number;
  similarity: number | null;
  text_rank: number | null;
}

interface Found {
  matches: Match[];
  context: string;
  citations: { n: number; source: string; id: string }[];
  usage: { embedding_tokens: number };
}

const handbook = `# Handbook

## Holiday

Every employee may take thirty days off with pay in a calendar year.

## Expenses

Receipts for meals are refunded up to forty euros a day. Quokka claims go to the zoo desk.
`;
const minutes = `# Minutes

## Roof

The roof of the north hall leaks whenever it rains, and a carpenter was asked for a price.
`;

let owner: User;
let stranger: User;
let handbookId: string;
let minutesId: string;

beforeAll(async () => {
  [owner, stranger] = await Promise.all([createUser(), createUser()]);
  handbookId = await addDocument(owner, handbook, { title: "Staff handbook" });
  minutesId = await addDocument(owner, minutes, { title: "Minutes of May" });
  await addDocument(owner, "A draft about tax that nobody has trained.", { title: "Draft" });
  await Promise.all([trainToEnd(owner, handbookId), trainToEnd(owner, minutesId)]);
  await trainToEnd(stranger, await addDocument(stranger, "The vault code of Globex is 4711."));
});

function call(user: User, body: Record<string, unknown>) {
  return callFunction("search", { user, body });
}

async function search(user: User, body: Record<string, unknown>): Promise<Found> {
  const answer = await call(user, body);
  expect(answer.status, answer.text).toBe(200);
  return answer.body as unknown as Found;
}

describe("POST /search", () => {
  test.each(["hybrid", "vector"])(
    "finds by meaning in mode %s, without a shared word",
    async (mode) => {
      const { matches } = await search(owner, { query: "vacation allowance for staff", mode });

      expect(matches[0]).toMatchObject({
        source: "chunk",
        document_id: handbookId,
        title: "Staff handbook",
      });
      expect(matches[0]!.content).toContain("thirty days off");
    },
  );

  test.each(["hybrid", "text"])("finds a rare word in mode %s", async (mode) => {
    const { matches } = await search(owner, { query: "quokka", mode });

    expect(matches[0]!.content).toContain("Quokka");
    expect(matches[0]!.text_rank).toBeGreaterThan(0);
  });

  test("answers with every field of a match, best first", async () => {
    const { matches } = await search(owner, { query: "Who repairs the roof?" });

    expect(matches.length).toBeGreaterThan(1);
    const scores = matches.map(({ score }) => score);
    expect(scores).toEqual(scores.toSorted((a, b) => b - a));
    for (const match of matches) {
      expect(match).toMatchObject({
        id: expect.any(String),
        heading_path: expect.any(Array),
        ordinal: expect.any(Number),
        score: expect.any(Number),
        similarity: expect.any(Number),
      });
      expect(match).toHaveProperty("text_rank");
      expect(Math.abs(match.similarity!)).toBeLessThanOrEqual(1);
    }
    expect(matches[0]!.content).toContain("carpenter");
    expect(matches[0]!.heading_path).toContain("Roof");
  });

  test("finds nothing by words that are not there", async () => {
    const { matches, context, citations } = await search(owner, { query: "zebra", mode: "text" });

    expect({ matches, context, citations }).toEqual({ matches: [], context: "", citations: [] });
  });

  test("charges tokens for meaning, and none for words", async () => {
    const byMeaning = await search(owner, { query: "roof", mode: "vector" });
    const byWords = await search(owner, { query: "roof", mode: "text" });

    expect(byMeaning.usage.embedding_tokens).toBeGreaterThan(0);
    expect(byWords.usage.embedding_tokens).toBe(0);
  });

  test("does not know a document that is not trained", async () => {
    const { matches } = await search(owner, { query: "a draft about tax", match_count: 50 });

    expect(matches.map(({ title }) => title)).not.toContain("Draft");
  });

  test.each([
    "a & b | !c <-> :*",
    "'); drop table x; --",
    "%_\\",
    "the of and",
    "😀",
    "x".repeat(2000),
  ])(
    "takes %s for text",
    async (query) => {
      for (const mode of ["hybrid", "text", "vector"]) {
        const { status } = await call(owner, { query, mode });

        expect(status).toBe(200);
      }
    },
  );

  test("lets a viewer search", async () => {
    const viewer = await createMember(owner, "viewer");

    const { matches } = await search(viewer, { query: "quokka" });

    expect(matches[0]!.document_id).toBe(handbookId);
  });
});

describe("a filter", () => {
  test("on documents leaves only theirs", async () => {
    const { matches } = await search(owner, { query: "roof", vault_document_ids: [handbookId] });

    expect(matches.length).toBeGreaterThan(0);
    expect(new Set(matches.map(({ document_id }) => document_id))).toEqual(new Set([handbookId]));
  });

  test("on training sets leaves only what is in them", async () => {
    const { data: set } = await owner.client.from("mono_training_sets")
      .insert({ org_id: owner.orgId, name: "Buildings" }).select("id").single();
    // The generated type asks for org_id, which users may not write.
    await rest(owner, "mono_training_docs", {
      method: "POST",
      body: { training_set_id: set!.id, vault_document_id: minutesId },
    });

    const { matches } = await search(owner, { query: "holiday", training_set_ids: [set!.id] });

    expect(new Set(matches.map(({ document_id }) => document_id))).toEqual(new Set([minutesId]));
  });

  test("on similarity leaves only what is close", async () => {
    const all = await search(owner, { query: "a leaking roof", mode: "vector" });
    const best = all.matches[0]!.similarity!;

    const close = await search(owner, {
      query: "a leaking roof",
      mode: "vector",
      min_similarity: best - 0.001,
    });
    const none = await search(owner, { query: "a leaking roof", min_similarity: 1 });

    expect(all.matches.length).toBeGreaterThan(1);
    expect(close.matches.map(({ id }) => id)).toEqual([all.matches[0]!.id]);
    expect(none.matches).toEqual([]);
  });

  test.each([
    ["metadata", { colour: "red" }],
    ["vault_document_ids", [crypto.randomUUID()]],
    ["training_set_ids", [crypto.randomUUID()]],
    ["vault_document_ids", []],
  ])("%s %j that nothing has leaves nothing", async (name, value) => {
    const { matches } = await search(owner, { query: "roof", [name]: value });

    expect(matches).toEqual([]);
  });

  test("on the count leaves the best", async () => {
    const all = await search(owner, { query: "roof" });

    const one = await search(owner, { query: "roof", match_count: 1 });

    expect(one.matches).toEqual(all.matches.slice(0, 1));
  });
});

describe("the context", () => {
  test("quotes the matches as numbered passages and cites every one", async () => {
    const { matches, context, citations } = await search(owner, { query: "How long is leave?" });

    expect(citations[0]).toEqual({ n: 1, source: "chunk", id: matches[0]!.id });
    expect(citations.map(({ id }) => id).toSorted())
      .toEqual(matches.map(({ id }) => id).toSorted());
    const heads = context.split("\n").filter((line) => /^\[\d+\] /.test(line));
    expect(heads.map((line) => line.slice(0, 4)))
      .toEqual([...new Set(citations.map(({ n }) => `[${n}] `))]);
    expect(heads[0]).toContain(matches[0]!.title);
    expect(context).toContain("> Every employee may take thirty days off");
  });

  test("gives neighbours of a document as one passage, in reading order", async () => {
    const query = "holiday and receipts for meals";
    const { context, citations } = await search(owner, { query, vault_document_ids: [handbookId] });

    expect(citations.length).toBeGreaterThan(1);
    expect(new Set(citations.map(({ n }) => n))).toEqual(new Set([1]));
    expect(context.slice(context.indexOf("\n") + 1))
      .toBe(handbook.trim().split("\n").map((line) => `> ${line}`).join("\n"));
  });

  test("ends before max_context_tokens, and is empty when nothing fits", async () => {
    const full = await search(owner, { query: "How long is leave?" });

    const short = await search(owner, { query: "How long is leave?", max_context_tokens: 60 });
    const none = await search(owner, { query: "How long is leave?", max_context_tokens: 1 });

    expect(short.matches).toEqual(full.matches);
    expect(short.citations.length).toBeLessThan(full.citations.length);
    expect(short.context.length).toBeLessThan(full.context.length);
    expect(none).toMatchObject({ context: "", citations: [] });
  });
});

describe("another organisation", () => {
  test("finds nothing of ours, by meaning, by words or by id", async () => {
    for (const mode of ["hybrid", "vector", "text"]) {
      const open = await search(stranger, { query: "quokka holiday roof", mode, match_count: 50 });
      const byId = await search(stranger, {
        query: "quokka",
        mode,
        vault_document_ids: [handbookId, minutesId],
      });

      for (const { content } of open.matches) expect(content).toContain("Globex");
      expect(byId.matches).toEqual([]);
      expect(open.context).not.toMatch(/quokka|carpenter|thirty/i);
    }
  });

  test("is not found by its id", async () => {
    const foreign = await call(stranger, { query: "quokka", orgId: owner.orgId });
    const missing = await call(stranger, { query: "quokka", orgId: crypto.randomUUID() });

    expectError(foreign, 404, "ORG_NOT_FOUND");
    expect(foreign.text).toBe(missing.text);
  });

  test("has to be named by a member of two", async () => {
    const user = await createUser();
    const secondOrgId = await createOrganization(user);
    await trainToEnd(user, await addDocument(user, "The first office is in Riga."));

    const without = await call(user, { query: "office" });
    const first = await search(user, { query: "office", orgId: user.orgId });
    const second = await search(user, { query: "office", orgId: secondOrgId });

    expectError(without, 400, "ORG_REQUIRED");
    expect(first.matches).toHaveLength(1);
    expect(second.matches).toEqual([]);
  });
});

describe("the language of a document", () => {
  const text =
    `Die Bürgerhäuser der Altstadt wurden im letzten Jahr renoviert, und die Kosten dafür hat
    die Stadt nicht allein getragen, sondern mit dem Land geteilt.`;

  test("is told from its text, so that every form of its words is found", async () => {
    const user = await createUser();
    await trainToEnd(user, await addDocument(user, text));

    const { matches } = await search(user, { query: "ein Bürgerhaus mit Altstadt", mode: "text" });

    expect(matches).toHaveLength(1);
    const { data } = await user.client.from("mono_training_chunks").select("language");
    expect(data).toEqual([{ language: "german" }]);
  });

  test("is what its user says", async () => {
    const user = await createUser();
    const id = await addDocument(user, text);
    const { error } = await user.client.from("vault_documents")
      .update({ language: "simple" }).eq("id", id);
    expect(error).toBeNull();

    await trainToEnd(user, id);

    const { matches } = await search(user, { query: "Altstädte", mode: "text" });
    expect(matches).toEqual([]);
    const { data } = await user.client.from("mono_training_chunks").select("language");
    expect(data).toEqual([{ language: "simple" }]);
  });
});

describe("a search", () => {
  const uuid = crypto.randomUUID();
  test.each([
    ["sources", ["page"]],
    ["sources", ["chunk", "page"]],
    ["sources", ["chunk", "chunk", "pointer"]],
    ["project_ids", ["x"]],
    ["sources", []],
    ["sources", "chunk"],
    ["mode", "semantic"],
    ["mode", null],
    ["query", ""],
    ["query", " \n\t"],
    ["query", "x".repeat(2001)],
    ["query", 7],
    ["query", ["roof"]],
    ["match_count", 0],
    ["match_count", 51],
    ["match_count", 1.5],
    ["match_count", "8"],
    ["match_count", 1e9],
    ["min_similarity", 1.1],
    ["min_similarity", "0.5"],
    ["max_context_tokens", 0],
    ["max_context_tokens", 1e9],
    ["orgId", "mine"],
    ["metadata", []],
    ["metadata", "a"],
    ["vault_document_ids", uuid],
    ["vault_document_ids", ["x"]],
    ["vault_document_ids", [null]],
    ["vault_document_ids", Array(101).fill(uuid)],
    ["training_set_ids", Array(101).fill(uuid)],
    ["embedding", [1, 2, 3]],
    ["org_id", uuid],
    ["limit", 1],
  ])("with %s %j is refused", async (name, value) => {
    const answer = await call(owner, { query: "roof", [name]: value });

    expectError(answer, 400, "INVALID_REQUEST");
    expect(JSON.stringify(answer.body.details)).toContain(name);
  });

  test("by words alone takes no least similarity", async () => {
    const answer = await call(owner, { query: "roof", mode: "text", min_similarity: 0 });

    expectError(answer, 400, "INVALID_REQUEST");
    expect(answer.body.details).toEqual([{ path: "min_similarity", message: expect.any(String) }]);
  });

  test("without a query is refused", async () => {
    const answer = await call(owner, { mode: "text" });

    expectError(answer, 400, "INVALID_REQUEST");
    expect(answer.body.details).toEqual([{ path: "query", message: expect.any(String) }]);
  });
});
