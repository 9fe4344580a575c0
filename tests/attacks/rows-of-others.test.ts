import { afterAll, describe, expect, test } from "vitest";
import { createTestDatabase, type Persona } from "../support/test-database.ts";
import { createCast } from "../database/support/cast.ts";
import { fillOrganisation } from "./support/full-organisation.ts";
import { undone } from "./support/undone.ts";

const db = await createTestDatabase();
afterAll(() => db[Symbol.asyncDispose]());
const cast = await createCast(db);
const { orgId, strangerOrgId } = cast;
const parents = await fillOrganisation(db, cast);

type Relation = { name: string; columns: string[]; mayDelete: boolean };

/** Every table and view that users may read, with the columns that they may update. */
const relations = await db.query<Relation>(
  `select relation.relname as name, array(
     select attribute.attname from pg_attribute as attribute
     where attribute.attrelid = relation.oid and attribute.attnum > 0
       and has_column_privilege('authenticated', relation.oid, attribute.attnum, 'update')
   )::text[] as columns,
   has_table_privilege('authenticated', relation.oid, 'delete') as "mayDelete"
   from pg_class as relation
   where relation.relnamespace = 'public'::regnamespace and relation.relkind in ('r', 'v', 'm', 'p')
     and has_any_column_privilege('authenticated', relation.oid, 'select')
   order by 1`,
);

/** The rows that a statement gives to somebody, as text; undone. None when it is not allowed. */
async function rowsOf(persona: Persona, statement: string): Promise<string[]> {
  try {
    const rows = await undone(
      db,
      persona,
      (client) => client.query<{ row: string }>(statement),
    );
    return rows.map(({ row }) => row);
  } catch (error) {
    if ((error as { code?: string }).code !== "42501") throw error;
  }
  return [];
}

/** Selects what users may read of a table, as `rowsOf` takes it. */
async function selectFrom(name: string): Promise<string> {
  const rows = await db.query<{ list: string }>(
    `select string_agg(format('own.%I', attribute.attname), ', ' order by attnum) as list
     from pg_attribute as attribute
     where attribute.attrelid = $1::regclass and attribute.attnum > 0 and not attisdropped
       and has_column_privilege('authenticated', attribute.attrelid, attribute.attnum, 'select')`,
    [`public.${name}`],
  );
  return `select row(${rows[0]!.list})::text as row from public.${name} as own`;
}

const outsiders = [cast.stranger, cast.anonymous];

describe.each(relations)("rows of $name", ({ name }) => {
  test("are there for the owner, and for nobody outside", async () => {
    const statement = await selectFrom(name);

    const owners = await rowsOf(cast.owner, statement);

    expect(owners.length).toBeGreaterThan(0);
    for (const persona of outsiders) {
      const seen = new Set(await rowsOf(persona, statement));
      expect(owners.filter((row) => seen.has(row))).toEqual([]);
    }
  });
});

const readers = [...outsiders, cast.viewer, cast.memberOfTwo];

test.each(relations.filter(({ columns }) => columns.length > 0))(
  "rows of $name are changed by the owner, and by nobody outside or below the role",
  async ({ name, columns }) => {
    const change = `update public.${name} as own set ${columns[0]} = own.${columns[0]}
      where true returning own.id::text as row`;

    const changed = await rowsOf(cast.owner, change);

    expect(changed.length).toBeGreaterThan(0);
    for (const persona of readers) {
      const theirs = await rowsOf(persona, change);
      expect(theirs.filter((row) => changed.includes(row))).toEqual([]);
    }
  },
);

test.each(relations.filter(({ mayDelete }) => mayDelete))(
  "rows of $name are deleted by the owner, and by nobody outside or below the role",
  async ({ name }) => {
    const all = await db.query<{ row: string }>(
      `select own.id::text as row from public.${name} as own
       where to_jsonb(own) ->> '${name === "organizations" ? "id" : "org_id"}' = $1`,
      [orgId],
    );
    const deletion = `delete from public.${name} as own where true returning own.id::text as row`;

    expect(all.length).toBeGreaterThan(0);
    // What other rows need stays, and is not hidden for that.
    const gone = await rowsOf(cast.owner, deletion).catch((error) => [error.code]);
    expect(gone).toContainEqual(expect.stringMatching(/^23503$|^[0-9a-f-]{36}$/));
    for (const persona of readers) {
      const theirs = await rowsOf(persona, deletion);
      expect(all.filter(({ row }) => theirs.includes(row))).toEqual([]);
    }
  },
);

type Insert = [table: string, columns: string, values: (org: string) => unknown[]];

const key = () => `key_${crypto.randomUUID().replaceAll("-", "")}`;
const inserts: Insert[] = [
  ["projects", "org_id, name", (org) => [org, "Planted"]],
  ["mono_training_sets", "org_id, name", (org) => [org, crypto.randomUUID()]],
  ["conversations", "org_id, conversation_id", (org) => [org, crypto.randomUUID()]],
  ["batch_jobs", "org_id, total_items", (org) => [org, 1]],
  ["personas", "org_id, persona_key, name", (org) => [org, key(), "Planted"]],
  ["emotional_arcs", "org_id, emotional_arc_key, name", (org) => [org, key(), "Planted"]],
  ["training_topics", "org_id, training_topic_key, name", (org) => [org, key(), "Planted"]],
  ["vault_documents", "id, org_id, title, storage_path, mime_type", (org) => {
    const id = crypto.randomUUID();
    return [id, org, "Planted", `${org}/${id}/x.md`, "text/markdown"];
  }],
];

const insertAs = (persona: Persona, table: string, columns: string, values: unknown[]) =>
  db.as(persona, (client) =>
    client.query(
      `insert into public.${table} (${columns}) values (${values.map((_, at) => `$${at + 1}`)})`,
      values,
    ));

describe("a row that is inserted", () => {
  test.each(inserts)(
    "into %s belongs to the caller's organisation",
    async (table, columns, make) => {
      await expect(insertAs(cast.stranger, table, columns, make(strangerOrgId))).resolves.toEqual(
        [],
      );

      for (const persona of [cast.stranger, cast.viewer, cast.memberOfTwo, cast.anonymous]) {
        await expect(insertAs(persona, table, columns, make(orgId))).rejects.toMatchObject({
          code: "42501",
        });
      }
    },
  );

  test.each<[string, string, Persona[], () => unknown[]]>([
    ["disciplines", "project_id, name", readers, () => [parents.projectId, key()]],
    ["pages", "project_id, page_name", readers, () => [parents.projectId, key()]],
    ["experience_files", "project_id, path", readers, () => [parents.projectId, `${key()}.md`]],
    ["sessions", "project_id, session_type", outsiders, () => [parents.projectId, "workspace"]],
    ["batch_items", "org_id, batch_job_id", readers, () => [orgId, parents.batchId]],
    ["pointers", "id, page_id, title, png_path", readers, () => {
      const id = crypto.randomUUID();
      return [id, parents.pageId, "Planted", `${orgId}/${parents.projectId}/${id}.png`];
    }],
  ])("into %s has a parent of the caller's", async (table, columns, kept, make) => {
    for (const persona of kept) {
      await expect(insertAs(persona, table, columns, make())).rejects.toMatchObject({
        code: expect.stringMatching(/^(42501|PGRST)$/),
      });
    }

    await expect(insertAs(cast.editor, table, columns, make())).resolves.toEqual([]);
  });
});

describe("a table", () => {
  /** Who may do to a table what row-level security does not meet. */
  const excesses = () =>
    db.query<{ excess: string }>(
      `select role || ' may ' || privilege || ' ' || relation.oid::regclass as excess
       from pg_class as relation
       cross join unnest(array['anon', 'authenticated', 'service_role']) as role
       cross join unnest(array['truncate', 'trigger', 'references', 'maintain']) as privilege
       where relation.relnamespace in ('public'::regnamespace, 'private'::regnamespace)
         and relation.relkind in ('r', 'p') and has_table_privilege(role, relation.oid, privilege)`,
    );

  test("is truncated, watched or referenced by no role of the API", async () => {
    expect(await excesses()).toEqual([]);
  });

  test("that was granted too much is seen", async () => {
    await db.exec("create table public.forgotten (); grant truncate on public.forgotten to anon");

    const seen = await excesses();
    await db.exec("drop table public.forgotten");

    expect(seen).toContainEqual({ excess: "anon may truncate forgotten" });
  });
});
