import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { migrate, readMigrations } from "../../local/database/migrate.ts";
import { preparePlatform } from "../../local/database/prepare-platform.ts";
import { dumpSchema } from "../../scripts/support/dump-schema.ts";
import { supabaseCli } from "../../scripts/support/supabase-cli.ts";
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

/** What a developer types against a database that is not local. */
async function migrationUp({ url }: EmptyDatabase): Promise<string> {
  const { stdout, stderr } = await supabaseCli(["migration", "up", `--remote=${url}`]);
  return stdout + stderr;
}

function history(db: EmptyDatabase) {
  return db.query(
    "select version, name, statements from supabase_migrations.schema_migrations order by version",
  );
}

describe("supabase migration up", () => {
  test("records what our runner records, statement by statement", async () => {
    expect(await history(byCli)).toEqual(await history(byUs));
    expect(await history(byUs)).toHaveLength((await readMigrations()).length);
  });

  test("makes the same schema", async () => {
    const [schema, other] = await Promise.all(
      [byUs, byCli].map((db) => dumpSchema(db, db.url!)),
    );

    expect(other).toBe(schema);
    expect(schema).toContain("CREATE FUNCTION private.claim_jobs");
  });

  test("finds nothing to do after our runner", async () => {
    expect(await migrationUp(byUs)).toContain("up to date");
  });

  test("leaves nothing to do for our runner", async () => {
    expect(await migrate(byCli, await readMigrations())).toEqual([]);
  });
});
