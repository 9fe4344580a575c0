import { afterAll, describe, expect, test } from "vitest";
import { createTestDatabase, only } from "../support/test-database.ts";
import { createCast, eachRole, rowsFor } from "./support/cast.ts";
import { sqlStateOf } from "./support/rejection.ts";
import { addToSet, createDocument, createSet } from "./support/training.ts";

const db = await createTestDatabase();
afterAll(() => db[Symbol.asyncDispose]());
const cast = await createCast(db);

describe("mono_training_sets", () => {
  test.each(eachRole("owner", "admin", "editor", "viewer", "memberOfTwo"))(
    "%s %s see a set",
    async (verdict, role) => {
      const id = await createSet(db, cast.orgId);

      const rows = await rowsFor(
        db,
        cast[role],
        "select 1 from public.mono_training_sets where id = $1",
        [id],
      );

      expect(rows).toBe(verdict === "lets" ? 1 : 0);
    },
  );

  test.each(eachRole("owner", "admin", "editor"))(
    "%s %s make one",
    async (verdict, role) => {
      const rows = await rowsFor(
        db,
        cast[role],
        `insert into public.mono_training_sets (org_id, name, description, auto_train, reads_scans)
         values ($1, $2, 'x', true, true) returning 1`,
        [cast.orgId, crypto.randomUUID()],
      );

      expect(rows).toBe(verdict === "lets" ? 1 : 0);
    },
  );

  test.each(eachRole("owner", "admin", "editor"))(
    "%s %s change one",
    async (verdict, role) => {
      const id = await createSet(db, cast.orgId);

      const rows = await rowsFor(
        db,
        cast[role],
        `update public.mono_training_sets set description = 'x', auto_train = true, reads_scans = true
         where id = $1 returning 1`,
        [id],
      );

      expect(rows).toBe(verdict === "lets" ? 1 : 0);
    },
  );

  test.each(eachRole("owner", "admin"))("%s %s delete one", async (verdict, role) => {
    const id = await createSet(db, cast.orgId);

    const rows = await rowsFor(
      db,
      cast[role],
      "delete from public.mono_training_sets where id = $1 returning 1",
      [id],
    );

    expect(rows).toBe(verdict === "lets" ? 1 : 0);
  });

  test("keeps an editor from making one for another organisation", async () => {
    const work = db.as(
      cast.editor,
      (client) =>
        client.query("insert into public.mono_training_sets (org_id, name) values ($1, 'x')", [
          cast.strangerOrgId,
        ]),
    );

    expect(await sqlStateOf(work)).toBe("42501");
  });

  test.each(["id", "org_id", "created_at", "updated_at"])(
    "keeps its owner from changing %s",
    async (column) => {
      const id = await createSet(db, cast.orgId);

      const work = db.as(
        cast.owner,
        (client) =>
          client.query(`update public.mono_training_sets set ${column} = ${column} where id = $1`, [
            id,
          ]),
      );

      expect(await sqlStateOf(work)).toBe("42501");
    },
  );

  test("has a name once in an organisation, and again in another", async () => {
    const insert = (orgId: string) =>
      db.query("insert into public.mono_training_sets (org_id, name) values ($1, 'Same')", [orgId]);
    await insert(cast.orgId);

    await expect(insert(cast.strangerOrgId)).resolves.toBeDefined();
    expect(await sqlStateOf(insert(cast.orgId))).toBe("23505");
  });

  test.each(["", "  ", "\n", "x".repeat(256)])(
    "refuses the name %j",
    async (name) => {
      const work = db.query(
        "insert into public.mono_training_sets (org_id, name) values ($1, $2)",
        [cast.orgId, name],
      );

      expect(await sqlStateOf(work)).toBe("23514");
    },
  );

  test("takes its documents' places with it, not the documents", async () => {
    const document = await createDocument(db, cast.orgId);
    const set = await createSet(db, cast.orgId);
    await addToSet(db, set, document);

    await db.as(
      cast.admin,
      (client) => client.query("delete from public.mono_training_sets where id = $1", [set]),
    );

    const row = only(
      await db.query(
        `select exists (select from public.vault_documents where id = $1) as document,
           exists (select from public.mono_training_docs where vault_document_id = $1) as place`,
        [document],
      ),
    );
    expect(row).toEqual({ document: true, place: false });
  });
});
