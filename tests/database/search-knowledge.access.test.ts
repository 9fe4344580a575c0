import { afterAll, describe, expect, test } from "vitest";
import { createTestDatabase } from "../support/test-database.ts";
import { createKnowledge } from "./support/knowledge.ts";
import { raisedBy, sqlStateOf } from "./support/rejection.ts";
import { addToSet, createSet } from "./support/training.ts";

const db = await createTestDatabase();
afterAll(() => db[Symbol.asyncDispose]());
const { cast, documents, search } = await createKnowledge(db);

describe("search_knowledge", () => {
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

  test.each(["anon", "service_role"] as const)("is not for %s", async (persona) => {
    expect(await sqlStateOf(search({}, persona))).toBe("42501");
  });
});
