import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { migrate, readMigrations } from "../../local/database/migrate.ts";
import { preparePlatform } from "../../local/database/prepare-platform.ts";
import { createEmptyDatabase, type EmptyDatabase } from "../database/support/empty-database.ts";

let byCli: EmptyDatabase;
let byUs: EmptyDatabase;

beforeAll(async () => {
  [byCli, byUs] = await Promise.all([createEmptyDatabase(), createEmptyDatabase()]);
  for (const db of [byCli, byUs]) await preparePlatform(db);
  await migrationUp(byCli);
  await migrate(byUs, await readMigrations());
});

afterAll(async () => {
  for (const db of [byCli, byUs]) await db?.[Symbol.asyncDispose]();
});

async function run(program: string, args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(program, {
    args,
    env: { PGSSLMODE: "disable" },
  }).output();
  const decoder = new TextDecoder();
  if (!success) throw new Error(decoder.decode(stderr) + decoder.decode(stdout));
  return decoder.decode(stdout) + decoder.decode(stderr);
}

/** What a developer types against a database that is not local. */
function migrationUp({ url }: EmptyDatabase): Promise<string> {
  return run("node_modules/.bin/supabase", [
    "migration",
    "up",
    `--remote=${url}`,
    "--yes",
    "--agent=no",
  ]);
}

function history(db: EmptyDatabase) {
  return db.query(
    "select version, name, statements from supabase_migrations.schema_migrations order by version",
  );
}

/** The schema as SQL, without what differs from run to run. */
async function dump({ url }: EmptyDatabase): Promise<string> {
  const installed = "/usr/lib/postgresql/17/bin/pg_dump";
  const program = await Deno.stat(installed).then(() => installed, () => "pg_dump");
  const sql = await run(program, ["--schema-only", `--dbname=${url}`]);
  return sql.replaceAll(/^\\(un)?restrict .*$/gm, "");
}

describe("supabase migration up", () => {
  test("records what our runner records, statement by statement", async () => {
    expect(await history(byCli)).toEqual(await history(byUs));
    expect(await history(byUs)).toHaveLength((await readMigrations()).length);
  });

  test("makes the same schema", async () => {
    const schema = await dump(byUs);

    expect(await dump(byCli)).toBe(schema);
    expect(schema).toContain("CREATE FUNCTION private.claim_jobs");
  });

  test("finds nothing to do after our runner", async () => {
    expect(await migrationUp(byUs)).toContain("up to date");
  });

  test("leaves nothing to do for our runner", async () => {
    expect(await migrate(byCli, await readMigrations())).toEqual([]);
  });
});
