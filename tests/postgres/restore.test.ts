import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { migrate, readMigrations } from "../../local/database/migrate.ts";
import { preparePlatform } from "../../local/database/prepare-platform.ts";
import type { SqlClient } from "../../local/database/sql-client.ts";
import { postgresProgram } from "../../scripts/support/postgres-program.ts";
import { runProgram } from "../../scripts/support/run-program.ts";
import { createEmptyDatabase, type EmptyDatabase } from "../database/support/empty-database.ts";

const page = await Deno.readTextFile("docs/deploy.md");

/** What docs/deploy.md empties before it restores. */
const filled = /truncate ([^"]+) cascade/.exec(page)?.[1]?.split(", ") ?? [];

let old: EmptyDatabase;
let fresh: EmptyDatabase;
let folder: string;

beforeAll(async () => {
  folder = await Deno.makeTempDir({ prefix: "maestro-restore-" });
  [old, fresh] = await Promise.all([createEmptyDatabase(), createEmptyDatabase()]);
  for (const db of [old, fresh]) {
    await preparePlatform(db);
    await migrate(db, await readMigrations());
  }
  await old.exec(`
    insert into auth.users (id, email) values ('00000000-0000-4000-8000-00000000000a', 'a@b.c');
    select set_config('request.jwt.claim.sub', '00000000-0000-4000-8000-00000000000a', false),
      set_config('request.jwt.claims', '{"sub": "00000000-0000-4000-8000-00000000000a"}', false);
    select public.create_organization('Acme');
    insert into public.projects (org_id, name) select id, 'Roof' from public.organizations;
    select private.enqueue_jobs('[{"lane": "storage", "kind": "sweep_storage", "dedupe_key": "a"}]');
    update private.lanes set max_in_flight = 7 where lane = 'storage';
  `);
});
afterAll(async () => {
  for (const db of [old, fresh]) await db?.[Symbol.asyncDispose]();
  await Deno.remove(folder, { recursive: true });
});

/** How many rows each table of ours has, those without any left out. */
async function countRows(client: Pick<SqlClient, "query">): Promise<Record<string, number>> {
  const tables = await client.query<{ name: string }>(`
    select format('%I.%I', schemaname, relname) as name from pg_stat_user_tables
    where schemaname in ('public', 'private') order by 1`);
  const counts: Record<string, number> = {};
  for (const { name } of tables) {
    const [row] = await client.query<{ count: number }>(
      `select count(*)::integer as count from ${name}`,
    );
    if (row!.count > 0) counts[name] = row!.count;
  }
  return counts;
}

async function dump(to: string, ...what: string[]): Promise<void> {
  await runProgram(await postgresProgram("pg_dump"), [
    `--dbname=${old.url}`,
    "--data-only",
    `--file=${folder}/${to}`,
    ...what,
  ]);
}

describe("a backup as docs/deploy.md makes it", () => {
  test("names the tables that migrations fill", async () => {
    const { "private.installed_objects": _, ...counts } = await countRows(fresh);

    expect(Object.keys(counts)).toEqual(filled);
  });

  test("makes another project the same as the old one", async () => {
    await dump("users.sql", "--table=auth.users", "--table=auth.identities");
    await dump(
      "data.sql",
      "--schema=public",
      "--schema=private",
      "--exclude-table=private.installed_objects",
    );
    await runProgram(await postgresProgram("psql"), [
      fresh.url!,
      "--single-transaction",
      "--set",
      "ON_ERROR_STOP=1",
      "--command",
      `truncate ${filled.join(", ")} cascade`,
      "--command",
      "set session_replication_role = replica",
      "--file",
      `${folder}/users.sql`,
      "--file",
      `${folder}/data.sql`,
    ]);

    const counts = await countRows(old);
    expect(await countRows(fresh)).toEqual(counts);
    expect(counts).toMatchObject({ "public.organizations": 1, "private.jobs": 1 });
    const lanes = "select lane, max_in_flight from private.lanes order by lane";
    expect(await fresh.query(lanes)).toEqual(await old.query(lanes));
  });

  test("leaves the installation whole, and its sequences behind what was restored", async () => {
    const rows = await fresh.query<{ check: string; ok: boolean }>(
      "select * from private.validate_installation()",
    );

    expect(rows.filter(({ ok }) => !ok).map(({ check }) => check)).toEqual([
      "cron ticks",
      "secrets",
    ]);
    await expect(fresh.query(
      `select private.enqueue_jobs('[{"lane": "storage", "kind": "sweep_storage", "dedupe_key": "b"}]')`,
    )).resolves.toHaveLength(1);
  });
});
