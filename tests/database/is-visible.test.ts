import { afterAll, describe, expect, test } from "vitest";
import { createTestDatabase, only } from "../support/test-database.ts";
import { createCast } from "./support/cast.ts";
import { createPage, createPointer, createProject } from "./support/drawings.ts";
import { raisedBy, sqlStateOf } from "./support/rejection.ts";
import { createDocument, createSet } from "./support/training.ts";

const db = await createTestDatabase();
afterAll(() => db[Symbol.asyncDispose]());
const cast = await createCast(db);

const projectId = await createProject(db, cast.editor, cast.orgId);
const pageId = await createPage(db, cast.editor, projectId);
const discipline = await db.query<{ id: string }>(
  "insert into public.disciplines (project_id, name) values ($1, 'Roof') returning id",
  [projectId],
);

const invisible: [string, string][] = [
  ["nothing", ""],
  ["spaces", "  "],
  ["a line break", "\n"],
  ["a no-break space", "\u00a0"],
  ["spaces of no width", "\u200b\u200c\u200d"],
  ["a soft hyphen", "\u00ad"],
  ["wide spaces", "\u2003\u3000"],
  ["a byte order mark", "\ufeff"],
  ["marks of direction", "\u200f\u202e"],
  ["blanks of Hangul and Braille", "\u3164\uffa0\u2800"],
  ["tags", "\u{e0041}"],
  ["a variation", "\ufe0f"],
];

describe("is_visible", () => {
  test.each(invisible)("is false for %s", async (_, name) => {
    const rows = await db.query("select private.is_visible($1) as is_visible", [name]);

    expect(rows).toEqual([{ is_visible: false }]);
  });

  test.each(["A", "é", "-", "0", " x\u200b", "屋根", "지붕", "سقف", "छत", "👩‍🚒", "❤️", "𝕏"])(
    "is true for %j",
    async (name) => {
      const rows = await db.query("select private.is_visible($1) as is_visible", [name]);

      expect(rows).toEqual([{ is_visible: true }]);
    },
  );
});

describe("a name that shows nothing", () => {
  const columns: [string, string, () => Promise<string> | string][] = [
    ["organizations", "name", () => cast.orgId],
    ["vault_documents", "title", () => createDocument(db, cast.orgId)],
    ["mono_training_sets", "name", () => createSet(db, cast.orgId)],
    ["projects", "name", () => projectId],
    ["disciplines", "name", () => only(discipline).id],
    ["pages", "page_name", () => pageId],
    ["pages", "sheet_number", () => pageId],
    ["pointers", "title", () => createPointer(db, cast.editor, pageId)],
  ];
  test.each(columns)("is refused in %s.%s", async (table, column, makeRow) => {
    const id = await makeRow();
    const rename = (name: string) =>
      db.as(
        cast.owner,
        (client) =>
          client.query(`update public.${table} set ${column} = $1 where id = $2`, [name, id]),
      );

    expect(await sqlStateOf(rename("\u00a0\u200b"))).toBe("23514");
    expect(await sqlStateOf(rename("\u2003"))).toBe("23514");
    await expect(rename("A\u200b")).resolves.toBeDefined();
  });

  test("makes no organisation", async () => {
    const work = db.as(
      cast.owner,
      (client) => client.query("select public.create_organization($1)", ["\u00a0\u200b"]),
    );

    expect(await raisedBy(work)).toMatchObject({ code: "INVALID_REQUEST", status: 400 });
  });
});
