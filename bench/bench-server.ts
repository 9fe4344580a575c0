import postgres from "postgres";
import { runCron } from "../local/cron/run-cron.ts";
import { migrate, readMigrations } from "../local/database/migrate.ts";
import { type Database, openDatabase } from "../local/database/open-database.ts";
import { hasPgCron, preparePlatform } from "../local/database/prepare-platform.ts";
import { setVaultSecrets } from "../local/database/set-vault-secrets.ts";
import { createCluster } from "../scripts/support/postgres-cluster.ts";

/** A real PostgreSQL with Maestro's schema, for one bench alone. */
export interface BenchServer {
  url: string;
  sql: postgres.Sql;
  database: Database;
  /** What the figures depend on. */
  settings: Record<string, string>;
  stop(): Promise<void>;
}

/**
 * Prepares a database on the server of DATABASE_URL, or on a throw-away one with further lines in
 * its postgresql.conf. Its wake-ups are queued for nobody: a bench makes no HTTP call.
 */
export async function startBenchServer(settings = ""): Promise<BenchServer> {
  const given = Deno.env.get("DATABASE_URL");
  const cluster = given ? null : await createCluster(settings);
  const serverUrl = given ?? cluster!.url;
  // The throw-away server's own database is the one that pg_cron ticks in.
  const name = given ? `maestro_bench_${crypto.randomUUID().slice(0, 8)}` : "postgres";
  if (given) await runOn(serverUrl, `create database ${name}`);
  const url = Object.assign(new URL(serverUrl), { pathname: `/${name}` }).href;

  const database = await openDatabase({ url });
  await preparePlatform(database);
  await migrate(database, await readMigrations());
  await setVaultSecrets(database, { project_url: "http://127.0.0.1:9", cron_secret_key: "bench" });
  const cron = await hasPgCron(database) ? null : runCron(database);
  const sql = postgres(url, { max: 20, onnotice: () => undefined });
  return {
    url,
    sql,
    database,
    settings: await readSettings(sql),
    stop: async () => {
      await cron?.stop();
      await sql.end({ timeout: 1 });
      await database.close();
      if (given) await runOn(serverUrl, `drop database ${name} with (force)`);
      await cluster?.destroy();
    },
  };
}

async function readSettings(sql: postgres.Sql): Promise<Record<string, string>> {
  const rows = await sql<{ name: string; setting: string }[]>`
    select name, current_setting(name) as setting
    from unnest(array[
      'server_version', 'fsync', 'synchronous_commit', 'shared_buffers', 'max_connections'
    ]) as name`;
  return Object.fromEntries(rows.map(({ name, setting }) => [name, setting]));
}

async function runOn(url: string, statement: string): Promise<void> {
  const sql = postgres(url, { max: 1 });
  await sql.unsafe(statement);
  await sql.end();
}
