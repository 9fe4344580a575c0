import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { migrate, readMigrations } from "../../local/database/migrate.ts";
import { preparePlatform } from "../../local/database/prepare-platform.ts";
import { generateFiles } from "../../scripts/support/generated-files.ts";
import { supabaseCli } from "../../scripts/support/supabase-cli.ts";
import { createEmptyDatabase, type EmptyDatabase } from "../database/support/empty-database.ts";

vi.setConfig({ testTimeout: 60_000 });

let db: EmptyDatabase;

beforeAll(async () => {
  db = await createEmptyDatabase();
  await preparePlatform(db);
  await migrate(db, await readMigrations());
});
afterAll(() => db?.[Symbol.asyncDispose]());

const lint = () =>
  supabaseCli([
    "db",
    "lint",
    `--remote=${db.url}`,
    "--schema=public,private",
    "--level=warning",
    "--fail-on=warning",
  ]);

const advisors = () =>
  supabaseCli(["db", "advisors", `--remote=${db.url}`, "--level=warn", "--fail-on=warn"]);

/** Does `damage`, and undoes it whatever `work` finds. */
async function whileBroken<T>(damage: string, repair: string, work: () => Promise<T>): Promise<T> {
  await db.exec(damage);
  try {
    return await work();
  } finally {
    await db.exec(repair);
  }
}

describe("supabase db lint", () => {
  test("finds no warning in any function", async () => {
    await expect(lint()).resolves.toBeTruthy();
  });

  test("finds one in a function that reads what is not there", async () => {
    const linted = whileBroken(
      `create function private.get_nothing() returns integer language plpgsql set search_path = ''
       as $$ begin return (select missing from public.projects); end $$`,
      "drop function private.get_nothing()",
      lint,
    );

    await expect(linted).rejects.toThrow("private.get_nothing");
  });
});

describe("supabase db advisors", () => {
  test("warn of nothing", async () => {
    await expect(advisors()).resolves.toBeTruthy();
  });

  test("warn of a table that anybody reads", async () => {
    const advised = whileBroken(
      "alter table public.projects disable row level security",
      "alter table public.projects enable row level security",
      advisors,
    );

    await expect(advised).rejects.toThrow("rls_disabled_in_public");
  });
});

describe("npm run types", () => {
  test.each(["shared/database.types.ts", "supabase/schema.sql"])(
    "would write %s as it is in git",
    async (path) => {
      const generated = await generateFiles(db, db.url!);

      expect(Object.keys(generated)).toContain(path);
      expect(generated[path]).toBe(await Deno.readTextFile(path));
    },
  );

  test("writes something else when the schema has changed", async () => {
    const generated = await whileBroken(
      "alter table public.projects add column colour text",
      "alter table public.projects drop column colour",
      () => generateFiles(db, db.url!),
    );

    for (const text of Object.values(generated)) expect(text).toContain("colour");
  });
});
