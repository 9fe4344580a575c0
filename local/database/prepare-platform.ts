import "../lite-environment.ts";
import { getAuthSchemaSql, getStorageSchemaSql, SUPABASE_AUTH_HELPERS_SQL } from "@supabase/lite";
import type { SqlClient } from "./sql-client.ts";

/** Which grants a project gives to every new object by default; hosted projects have either. */
export type DefaultPrivileges = "legacy" | "2026";

/**
 * Gives a bare PostgreSQL what every Supabase database has before the first migration: roles,
 * the schemas auth and storage, and stand-ins for the extensions that are not installed.
 * Repeating it changes nothing. Needs a superuser.
 */
export async function preparePlatform(
  client: SqlClient,
  defaultPrivileges: DefaultPrivileges = "legacy",
): Promise<void> {
  await runFile(client, "roles.sql");
  await client.exec(SUPABASE_AUTH_HELPERS_SQL);
  await client.exec(getAuthSchemaSql());
  await client.exec(getStorageSchemaSql());
  await runFile(client, "platform-grants.sql");
  await runFile(client, `default-privileges-${defaultPrivileges}.sql`);
  await standInFor(client, "supabase_vault", "vault.sql");
  await standInFor(client, "pg_net", "net.sql");
  if (!(await hasPgCron(client))) await standInFor(client, "pg_cron", "cron.sql");
}

/** pg_cron works only in the one database that the server's configuration names. */
export async function hasPgCron(client: SqlClient): Promise<boolean> {
  const [row] = await client.query<{ usable: boolean }>(
    `select current_setting('shared_preload_libraries') ~ '\\mpg_cron\\M'
       and coalesce(current_setting('cron.database_name', true), '') = current_database() as usable`,
  );
  return row?.usable === true;
}

/** `create extension if not exists` passes over an extension that pg_extension lists. */
async function standInFor(client: SqlClient, extension: string, file: string): Promise<void> {
  await runFile(client, file);
  await client.query(
    `insert into pg_catalog.pg_extension
       (oid, extname, extowner, extnamespace, extrelocatable, extversion)
     select (select coalesce(max(oid::bigint), 0) + 1 from pg_catalog.pg_extension)::oid,
       $1, (select oid from pg_roles where rolname = current_user),
       'pg_catalog'::regnamespace, false, 'stand-in'
     where not exists (select from pg_catalog.pg_extension where extname = $1)`,
    [extension],
  );
}

async function runFile(client: SqlClient, file: string): Promise<void> {
  await client.exec(await Deno.readTextFile(new URL(`./sql/${file}`, import.meta.url)));
}
