import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { createTestDatabase, type Persona } from "../support/test-database.ts";
import { createCast, eachRole, rowsFor } from "./support/cast.ts";
import { sqlStateOf } from "./support/rejection.ts";

const db = await createTestDatabase();
afterAll(() => db[Symbol.asyncDispose]());
const cast = await createCast(db);

const nameIn = (orgId: string, filename = "handbook.md") =>
  `${orgId}/${crypto.randomUUID()}/${filename}`;

async function createObject(name = nameIn(cast.orgId)): Promise<string> {
  await db.query("insert into storage.objects (bucket_id, name) values ('documents', $1)", [name]);
  return name;
}

function upload(persona: Persona, name: string, bucket = "documents") {
  return db.as(
    persona,
    (client) =>
      client.query("insert into storage.objects (bucket_id, name) values ($1, $2)", [bucket, name]),
  );
}

describe("storage.objects of bucket documents", () => {
  test.each(eachRole("owner", "admin", "editor", "viewer", "memberOfTwo"))(
    "%s %s see an object",
    async (verdict, role) => {
      const name = await createObject();

      const rows = await rowsFor(
        db,
        cast[role],
        "select 1 from storage.objects where name = $1",
        [name],
      );

      expect(rows).toBe(verdict === "lets" ? 1 : 0);
    },
  );

  test.each(eachRole("owner", "admin", "editor"))(
    "%s %s upload one",
    async (verdict, role) => {
      const work = upload(cast[role], nameIn(cast.orgId));

      if (verdict === "lets") await expect(work).resolves.toBeDefined();
      else expect(await sqlStateOf(work)).toBe("42501");
    },
  );

  test.each(eachRole("owner", "admin", "editor"))(
    "%s %s replace one",
    async (verdict, role) => {
      const name = await createObject();

      const rows = await rowsFor(
        db,
        cast[role],
        "update storage.objects set version = '2' where name = $1 returning 1",
        [name],
      );

      expect(rows).toBe(verdict === "lets" ? 1 : 0);
    },
  );

  test.each(eachRole("owner", "admin"))("%s %s delete one", async (verdict, role) => {
    const name = await createObject();

    const rows = await rowsFor(
      db,
      cast[role],
      "delete from storage.objects where name = $1 returning 1",
      [name],
    );

    expect(rows).toBe(verdict === "lets" ? 1 : 0);
  });

  test("lists nothing of another organisation, whatever the prefix", async () => {
    await createObject();

    const rows = await rowsFor(
      db,
      cast.stranger,
      "select 1 from storage.objects where name like '' or name like $1",
      [`${cast.orgId}/%`],
    );

    expect(rows).toBe(0);
  });

  test("lets a member of two organisations write where the role allows it", async () => {
    await expect(upload(cast.memberOfTwo, nameIn(cast.strangerOrgId))).resolves.toBeDefined();
    expect(await sqlStateOf(upload(cast.memberOfTwo, nameIn(cast.orgId)))).toBe("42501");
  });

  test("keeps an editor from moving an object out of the organisation", async () => {
    const name = await createObject();

    const work = db.as(
      cast.editor,
      (client) =>
        client.query("update storage.objects set name = $1 where name = $2", [
          nameIn(cast.strangerOrgId),
          name,
        ]),
    );

    expect(await sqlStateOf(work)).toBe("42501");
  });

  test("keeps an editor from moving another organisation's object in", async () => {
    const name = await createObject(nameIn(cast.strangerOrgId));

    const rows = await rowsFor(
      db,
      cast.editor,
      "update storage.objects set name = $1 where name = $2 returning 1",
      [nameIn(cast.orgId), name],
    );

    expect(rows).toBe(0);
  });

  test("keeps an owner out of other buckets", async () => {
    await db.query("insert into storage.buckets (id, name) values ('elsewhere', 'elsewhere')");

    expect(await sqlStateOf(upload(cast.owner, nameIn(cast.orgId), "elsewhere"))).toBe("42501");
  });

  test.each([
    "insert into storage.buckets (id, name, public) values ('mine', 'mine', true) returning 1",
    "update storage.buckets set public = true returning 1",
    "delete from storage.buckets returning 1",
    "select 1 from storage.buckets",
  ])("keeps an owner from: %s", async (statement) => {
    expect(await rowsFor(db, cast.owner, statement)).toBe(0);
  });

  const id = crypto.randomUUID();
  test.each([
    ["in the root", "handbook.md"],
    ["beside the documents", `${cast.orgId}/handbook.md`],
    ["with a leading slash", `/${cast.orgId}/${id}/handbook.md`],
    ["with a double slash", `${cast.orgId}//${id}/handbook.md`],
    ["in a deeper folder", `${cast.orgId}/${id}/a/handbook.md`],
    ["that climbs to another organisation", `${cast.orgId}/../${cast.strangerOrgId}/x.md`],
    ["that climbs within the document", `${cast.orgId}/${id}/..`],
    ["with an escaped climb", `${cast.orgId}/${id}/%2e%2e%2f${cast.strangerOrgId}`],
    ["with a half-escaped climb", `${cast.orgId}/${id}/..%2fx.md`],
    ["with a back-slash", `${cast.orgId}\\${id}\\handbook.md`],
    ["of dots", `${cast.orgId}/${id}/.`],
    ["with a trailing dot", `${cast.orgId}/${id}/a.`],
    ["with a trailing space", `${cast.orgId}/${id}/a `],
    ["with a newline", `${cast.orgId}/${id}/a\nb`],
    ["with a trailing newline", `${cast.orgId}/${id}/a\n`],
    ["outside ASCII", `${cast.orgId}/${id}/é.md`],
    ["with a right-to-left mark", `${cast.orgId}/${id}/a\u202eb.md`],
    ["with an emoji", `${cast.orgId}/${id}/😀`],
    ["with the organisation in capitals", `${cast.orgId.toUpperCase()}/${id}/a.md`],
    ["of more than 1024 bytes", `${cast.orgId}/${id}/${"x".repeat(1000)}`],
    ["that is empty", ""],
  ])("refuses a name %s", async (_, name) => {
    expect(await sqlStateOf(upload(cast.editor, name))).toBe("42501");
  });

  test("takes only names in the canonical form, whatever is tried", async () => {
    const segment = fc.oneof(
      fc.constantFrom(cast.orgId, cast.strangerOrgId, id, "..", ".", "", "a.md", "%2e%2e", "a..b"),
      fc.string({ unit: "binary", maxLength: 12 }).map((text) => text.replaceAll("\0", "")),
      fc.stringMatching(/^[A-Za-z0-9_ .()+-]{0,20}$/),
    );
    const name = fc.oneof(
      fc.tuple(fc.constant(cast.orgId), fc.constant(id), segment).map((parts) => parts.join("/")),
      fc.array(segment, { maxLength: 5 }).map((parts) => parts.join("/")),
    ).filter((text) => text.isWellFormed());
    const canonical =
      /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\/[^/]+$/;
    let accepted = 0;

    await fc.assert(
      fc.asyncProperty(name, async (candidate) => {
        await db.query("delete from storage.objects where name = $1", [candidate]);
        const taken = await rowsFor(
          db,
          cast.editor,
          "insert into storage.objects (bucket_id, name) values ('documents', $1) returning 1",
          [candidate],
        );
        if (taken === 0) return;
        accepted++;
        const filename = candidate.split("/")[2]!;
        expect(candidate).toMatch(canonical);
        expect(candidate.startsWith(`${cast.orgId}/`)).toBe(true);
        expect(filename).toMatch(/^[\x20-\x7e]{1,200}$/);
        expect(filename).not.toMatch(/^[. ]|[. ]$|[\\%*?"'<>|]/);
        expect(new URL(candidate, "http://host/").pathname.slice(1)).toBe(encodeURI(candidate));
      }),
      { numRuns: 300 },
    );

    expect(accepted).toBeGreaterThan(10);
  });

  test("takes a name exactly when the row of the document takes it as its path", async () => {
    const filename = fc.oneof(
      fc.stringMatching(/^[A-Za-z0-9_ .()+-]{0,210}$/),
      fc.string({ unit: "binary", maxLength: 8 }).map((text) => text.replaceAll("\0", "")),
    ).filter((text) => text.isWellFormed());

    await fc.assert(
      fc.asyncProperty(filename, async (candidate) => {
        const path = `${cast.orgId}/${id}/${candidate}`;
        const [rule] = await db.query<{ is_object_name: boolean }>(
          "select private.get_document_path_org_id($1) is not null as is_object_name",
          [path],
        );
        const row = await db.as(cast.editor, (client) =>
          client.query(
            `insert into public.vault_documents (id, org_id, title, storage_path, mime_type)
             values ($1, $2, 'x', $3, 'text/plain')`,
            [id, cast.orgId, path],
          )).then(() => true, () => false);
        if (row) await db.query("delete from public.vault_documents where id = $1", [id]);

        expect(row).toBe(rule!.is_object_name);
      }),
      { numRuns: 200 },
    );
  });
});
