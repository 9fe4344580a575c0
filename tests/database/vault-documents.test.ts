import { afterAll, describe, expect, test } from "vitest";
import { createTestDatabase, only, type Persona } from "../support/test-database.ts";
import { createCast, eachRole, rowsFor } from "./support/cast.ts";
import { sqlStateOf } from "./support/rejection.ts";
import { createDocument } from "./support/training.ts";

const db = await createTestDatabase();
afterAll(() => db[Symbol.asyncDispose]());
const cast = await createCast(db);

function insert(persona: Persona, row: Record<string, unknown>) {
  const id = crypto.randomUUID();
  const document = {
    id,
    org_id: cast.orgId,
    title: "Handbook",
    storage_path: `${cast.orgId}/${id}/handbook.md`,
    mime_type: "text/markdown",
    ...row,
  };
  const columns = Object.keys(document);
  return db.as(persona, (client) =>
    client.query(
      `insert into public.vault_documents (${columns.join()})
       values (${columns.map((_, index) => `$${index + 1}`).join()})`,
      Object.values(document),
    ));
}

async function read(id: string) {
  const rows = await db.query<{ org_id: string; revision: number; created_by: string | null }>(
    "select org_id, revision, created_by from public.vault_documents where id = $1",
    [id],
  );
  return only(rows);
}

describe("vault_documents", () => {
  test.each(eachRole("owner", "admin", "editor", "viewer", "memberOfTwo"))(
    "%s %s see a document",
    async (verdict, role) => {
      const id = await createDocument(db, cast.orgId);

      const rows = await rowsFor(
        db,
        cast[role],
        "select 1 from public.vault_documents where id = $1",
        [id],
      );

      expect(rows).toBe(verdict === "lets" ? 1 : 0);
    },
  );

  test.each(eachRole("owner", "admin", "editor"))(
    "%s %s insert one",
    async (verdict, role) => {
      const work = insert(cast[role], {});

      if (verdict === "lets") await expect(work).resolves.toBeDefined();
      else expect(await sqlStateOf(work)).toBe("42501");
    },
  );

  test.each(eachRole("owner", "admin", "editor"))(
    "%s %s change one",
    async (verdict, role) => {
      const id = await createDocument(db, cast.orgId);

      const rows = await rowsFor(
        db,
        cast[role],
        "update public.vault_documents set title = 'New' where id = $1 returning 1",
        [id],
      );

      expect(rows).toBe(verdict === "lets" ? 1 : 0);
    },
  );

  test.each(eachRole("owner", "admin"))("%s %s delete one", async (verdict, role) => {
    const id = await createDocument(db, cast.orgId);

    const rows = await rowsFor(
      db,
      cast[role],
      "delete from public.vault_documents where id = $1 returning 1",
      [id],
    );

    expect(rows).toBe(verdict === "lets" ? 1 : 0);
  });

  test("shows a member of two organisations the documents of both", async () => {
    const ids = [
      await createDocument(db, cast.orgId),
      await createDocument(db, cast.strangerOrgId),
    ];

    const rows = await rowsFor(
      db,
      cast.memberOfTwo,
      "select 1 from public.vault_documents where id in ($1, $2)",
      ids,
    );

    expect(rows).toBe(2);
  });

  test("keeps an editor from inserting for another organisation", async () => {
    const id = crypto.randomUUID();

    const work = insert(cast.editor, {
      id,
      org_id: cast.strangerOrgId,
      storage_path: `${cast.strangerOrgId}/${id}/handbook.md`,
    });

    expect(await sqlStateOf(work)).toBe("42501");
  });

  test.each([
    ["org_id", `'${cast.strangerOrgId}'`],
    ["id", "gen_random_uuid()"],
    ["created_by", "null"],
    ["created_at", "now()"],
    ["updated_at", "now()"],
    ["revision", "1"],
    ["chunk_generation", "1"],
  ])("keeps its owner from changing %s", async (column, value) => {
    const id = await createDocument(db, cast.orgId);

    const work = db.as(
      cast.owner,
      (client) =>
        client.query(`update public.vault_documents set ${column} = ${value} where id = $1`, [id]),
    );

    expect(await sqlStateOf(work)).toBe("42501");
  });

  test.each(["created_by", "created_at", "updated_at", "revision", "chunk_generation"])(
    "keeps its owner from inserting %s",
    async (column) => {
      const work = insert(cast.owner, { [column]: null });

      expect(await sqlStateOf(work)).toBe("42501");
    },
  );

  test("notes who brought it", async () => {
    const id = crypto.randomUUID();
    await insert(cast.editor, { id, storage_path: `${cast.orgId}/${id}/handbook.md` });

    expect(await read(id)).toMatchObject({
      revision: 1,
      created_by: (cast.editor as { userId: string }).userId,
    });
  });

  test("raises its revision with every update by a user, even one that changes nothing", async () => {
    const id = await createDocument(db, cast.orgId);
    const update = (assignment: string) =>
      db.as(
        cast.editor,
        (client) =>
          client.query(`update public.vault_documents set ${assignment} where id = $1`, [id]),
      );

    await update("title = 'Other'");
    await update("storage_path = storage_path");
    await update("mime_type = 'text/plain'");

    expect((await read(id)).revision).toBe(4);
  });

  test("keeps its revision when its chunks are replaced", async () => {
    const id = await createDocument(db, cast.orgId);

    await db.query("update public.vault_documents set chunk_generation = 1001 where id = $1", [id]);

    expect((await read(id)).revision).toBe(1);
  });

  test.each([
    "handbook.md",
    "A",
    "_.txt",
    "a..b.md",
    "Offer (2).final+v1 - copy.md",
    "x".repeat(200),
  ])("takes the filename %j", async (filename) => {
    const id = crypto.randomUUID();

    const work = insert(cast.editor, { id, storage_path: `${cast.orgId}/${id}/${filename}` });

    await expect(work).resolves.toBeDefined();
  });

  const own = (path: string) => (id: string) => `${cast.orgId}/${id}/${path}`;
  test.each<[string, (id: string) => string]>([
    ["a parent folder", own("../secret.md")],
    ["the filename ..", own("..")],
    ["the filename .", own(".")],
    ["a hidden file", own(".htaccess")],
    ["no filename", own("")],
    ["a further folder", own("a/b.md")],
    ["a double slash", own("/b.md")],
    ["a trailing slash", own("b.md/")],
    ["a leading slash", (id) => `/${cast.orgId}/${id}/b.md`],
    ["another organisation", (id) => `${cast.strangerOrgId}/${id}/b.md`],
    ["another document", () => `${cast.orgId}/${crypto.randomUUID()}/b.md`],
    ["the id in capitals", (id) => `${cast.orgId}/${id.toUpperCase()}/b.md`],
    ["no id at all", () => "b.md"],
    ["something before it", (id) => `x${cast.orgId}/${id}/b.md`],
    ["something before it on a line of its own", (id) => `x\n${cast.orgId}/${id}/b.md`],
    ["something after it on a line of its own", own("b.md\nx")],
    ["a trailing newline", own("b.md\n")],
    ["a back-slash", own("a\\b.md")],
    ["an escaped parent folder", own("%2e%2e%2fb.md")],
    ["a letter outside ASCII", own("ÿ.md")],
    ["a combining accent", own("e\u0301.md")],
    ["a right-to-left mark", own("a\u202eb.md")],
    ["an emoji", own("😀.md")],
    ["a trailing dot", own("b.md.")],
    ["a trailing space", own("b.md ")],
    ["a leading space", own(" b.md")],
    ["a quote", own("a'b.md")],
    ["a wildcard", own("*.md")],
    ["201 characters", own("x".repeat(201))],
    ["1100 characters", own("x".repeat(1100))],
  ])("refuses a storage path with %s", async (_, path) => {
    const id = crypto.randomUUID();

    const inserted = await sqlStateOf(insert(cast.editor, { id, storage_path: path(id) }));
    const existing = await createDocument(db, cast.orgId);
    const updated = await sqlStateOf(db.as(
      cast.editor,
      (client) =>
        client.query("update public.vault_documents set storage_path = $1 where id = $2", [
          path(existing),
          existing,
        ]),
    ));

    expect([inserted, updated]).toEqual(["23514", "23514"]);
  });

  test.each([
    ["an empty title", { title: "" }],
    ["a title of 501 characters", { title: "x".repeat(501) }],
    ["a type that is none", { mime_type: "markdown" }],
    ["a type with a line break", { mime_type: "text/plain\nx" }],
  ])("refuses %s", async (_, row) => {
    expect(await sqlStateOf(insert(cast.editor, row))).toBe("23514");
  });
});
