import { afterAll, describe, expect, test } from "vitest";
import { migrate, type Migration, readMigrations } from "../../local/database/migrate.ts";
import { preparePlatform } from "../../local/database/prepare-platform.ts";
import { only } from "../support/test-database.ts";
import { createEmptyDatabase } from "./support/empty-database.ts";

const db = await createEmptyDatabase();
afterAll(() => db[Symbol.asyncDispose]());

const migration = (version: string, sql: string): Migration => ({
  version: version.padEnd(14, "0"),
  name: `step_${version}`,
  sql,
});

async function recorded(version: string) {
  const rows = await db.query<{ version: string; name: string; statements: string[] }>(
    `select version, name, statements from supabase_migrations.schema_migrations
     where version = $1`,
    [version.padEnd(14, "0")],
  );
  return rows[0];
}

async function exists(table: string): Promise<boolean> {
  const rows = await db.query<{ exists: boolean }>(
    "select to_regclass($1) is not null as exists",
    [table],
  );
  return only(rows).exists;
}

describe("readMigrations", () => {
  test("reads the files of the repository in the order of their versions", async () => {
    const migrations = await readMigrations();

    const versions = migrations.map(({ version }) => version);
    expect(versions).toEqual(versions.toSorted());
    expect(new Set(versions).size).toBe(versions.length);
    expect(migrations[0]).toMatchObject({ version: "20261121000100", name: "extensions" });
  });

  test("passes over files that are no migrations", async () => {
    const folder = await Deno.makeTempDir();
    for (const file of ["20260101000000_a.sql", "notes.md", "2026_b.sql", "20260102000000.sql"]) {
      await Deno.writeTextFile(`${folder}/${file}`, "select 1;");
    }

    const migrations = await readMigrations(new URL(`file://${folder}/`));

    expect(migrations).toEqual([{ version: "20260101000000", name: "a", sql: "select 1;" }]);
    await Deno.remove(folder, { recursive: true });
  });
});

describe("migrate", () => {
  test("applies what is new and records version, name and statements", async () => {
    const names = await migrate(db, [
      migration(
        "1",
        "create table public.one (id integer);\n\n-- why\ninsert into public.one values (1);",
      ),
    ]);

    expect(names).toEqual(["10000000000000_step_1.sql"]);
    expect(await recorded("1")).toEqual({
      version: "10000000000000",
      name: "step_1",
      statements: [
        "create table public.one (id integer)",
        expect.stringMatching(/insert into public\.one values \(1\)$/),
      ],
    });
  });

  test("applies nothing twice", async () => {
    const step = migration("2", "create table public.two (id integer)");
    await migrate(db, [step]);

    expect(await migrate(db, [step])).toEqual([]);
  });

  test("applies a file that was added later", async () => {
    const first = migration("3", "create table public.three (id integer)");
    await migrate(db, [first]);

    const names = await migrate(db, [first, migration("4", "insert into public.three values (4)")]);

    expect(names).toEqual(["40000000000000_step_4.sql"]);
    expect(await db.query("select id from public.three")).toEqual([{ id: 4 }]);
  });

  test("names the file that fails, and leaves nothing of it behind", async () => {
    const work = migrate(db, [
      migration("5", "create table public.five (id integer)"),
      migration("6", "create table public.six (id integer); insert into public.six values ('x')"),
      migration("7", "create table public.seven (id integer)"),
    ]);

    await expect(work).rejects.toThrow(/^migration 60000000000000_step_6\.sql failed: .*"x"/);
    expect([await exists("public.five"), await recorded("5")]).toEqual([true, expect.anything()]);
    expect([await exists("public.six"), await recorded("6")]).toEqual([false, undefined]);
    expect([await exists("public.seven"), await recorded("7")]).toEqual([false, undefined]);
  });

  test("keeps the cause of a failure", async () => {
    const error = await migrate(db, [migration("8", "select nothing_such()")]).catch((it) => it);

    expect(error.cause).toMatchObject({ code: "42883" });
  });

  test("records as one statement what only looks like two", async () => {
    const statements = [
      "create function public.get_one() returns integer language plpgsql as $$ begin return 1; end $$",
      "insert into public.one values (2) /* ; */",
      "comment on table public.one is 'a;b''c'",
    ];

    await migrate(db, [migration("9", statements.join(";\n\n"))]);

    expect((await recorded("9"))!.statements).toEqual(statements);
  });

  test("applies the repository's migrations to a prepared platform, once", async () => {
    await using platform = await createEmptyDatabase();
    await preparePlatform(platform);
    const migrations = await readMigrations();

    const first = await migrate(platform, migrations);
    await preparePlatform(platform);
    const second = await migrate(platform, migrations);

    expect(first).toHaveLength(migrations.length);
    expect(second).toEqual([]);
    const twice = await platform.query(
      "select jobname from cron.job group by jobname having count(*) > 1",
    );
    expect(twice).toEqual([]);
  });
});
