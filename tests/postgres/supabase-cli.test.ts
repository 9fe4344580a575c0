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
  test("would write each of its files as it is in git", async () => {
    const generated = Object.entries(await generateFiles(db, db.url!));

    for (const [path, text] of generated) expect(text, path).toBe(await Deno.readTextFile(path));
    expect(generated.length).toBe(3);
  });

  test("writes something else when the schema has changed", async () => {
    const generated = await whileBroken(
      `alter table public.projects add column colour text;
       create function private.get_colour() returns text language sql security definer as 'select null'`,
      `alter table public.projects drop column colour;
       drop function private.get_colour()`,
      () => generateFiles(db, db.url!),
    );

    for (const text of Object.values(generated)) expect(text).toContain("colour");
  });
});
