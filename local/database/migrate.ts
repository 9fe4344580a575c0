import "../lite-environment.ts";
import { splitSqlStatements } from "@supabase/lite";
import type { SqlClient } from "./sql-client.ts";

/** One file of `supabase/migrations`. */
export interface Migration {
  /** The 14 digits that the file name begins with. */
  version: string;
  name: string;
  sql: string;
}

const migrationsFolder = new URL("../../supabase/migrations/", import.meta.url);

/** Reads the migrations of a folder in the order of their versions. */
export async function readMigrations(folder: URL = migrationsFolder): Promise<Migration[]> {
  const migrations: Migration[] = [];
  for await (const entry of Deno.readDir(folder)) {
    const match = /^(\d{14})_(.+)\.sql$/.exec(entry.name);
    if (!match) continue;
    migrations.push({
      version: match[1]!,
      name: match[2]!,
      sql: await Deno.readTextFile(new URL(entry.name, folder)),
    });
  }
  return migrations.sort((a, b) => a.version.localeCompare(b.version));
}

/**
 * Applies what the database has not seen yet, each file in a transaction of its own, and records
 * it in `supabase_migrations.schema_migrations` as the Supabase CLI does.
 * Returns the names of the applied files. Throws with the file's name; it leaves nothing behind.
 */
export async function migrate(client: SqlClient, migrations: Migration[]): Promise<string[]> {
  await client.exec(`
    create schema if not exists supabase_migrations;
    create table if not exists supabase_migrations.schema_migrations (version text not null primary key);
    alter table supabase_migrations.schema_migrations add column if not exists statements text[];
    alter table supabase_migrations.schema_migrations add column if not exists name text;
  `);
  const rows = await client.query<{ version: string }>(
    "select version from supabase_migrations.schema_migrations",
  );
  const applied = new Set(rows.map((row) => row.version));
  const pending = migrations.filter((migration) => !applied.has(migration.version));
  for (const migration of pending) await apply(client, migration);
  return pending.map(({ version, name }) => `${version}_${name}.sql`);
}

async function apply(client: SqlClient, { version, name, sql }: Migration): Promise<void> {
  try {
    await client.transaction(async (transaction) => {
      await transaction.exec(sql);
      await transaction.query(
        `insert into supabase_migrations.schema_migrations (version, statements, name)
         values ($1, array(select jsonb_array_elements_text($2::text::jsonb)), $3)`,
        [version, JSON.stringify(splitSqlStatements(sql)), name],
      );
    });
  } catch (cause) {
    throw new Error(`migration ${version}_${name}.sql failed: ${(cause as Error).message}`, {
      cause,
    });
  }
}
