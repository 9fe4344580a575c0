import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { migrate, readMigrations } from "../../local/database/migrate.ts";
import type { DefaultPrivileges } from "../../local/database/prepare-platform.ts";
import { dumpSchema } from "../../scripts/support/dump-schema.ts";
import { supabaseCli } from "../../scripts/support/supabase-cli.ts";
import { sqlStateOf } from "../database/support/rejection.ts";
import { createHostedDatabase, type HostedDatabase } from "./support/hosted-database.ts";

vi.setConfig({ testTimeout: 60_000 });

const byUrl = '"$user", public, extensions';
const byPush = "''";

const migrations = await readMigrations();

/** How many migrations the database counts as applied. */
async function appliedTo({ client }: HostedDatabase): Promise<number> {
  const [row] = await client.query<{ count: number }>(
    "select count(*)::integer as count from supabase_migrations.schema_migrations",
  );
  return row!.count;
}

describe("a hosted project as the tests imitate it", () => {
  let hosted: HostedDatabase;
  beforeAll(async () => {
    hosted = await createHostedDatabase("2026", byUrl);
  });
  afterAll(() => hosted?.[Symbol.asyncDispose]());

  test.each([
    "alter table storage.objects add column mine text",
    "alter table storage.objects enable row level security",
    "create index mine on storage.objects (name)",
    "comment on table storage.objects is 'mine'",
    "create table storage.mine (id integer)",
    "create table auth.mine (id integer)",
    "create function auth.mine() returns integer language sql as 'select 1'",
    "insert into cron.job (schedule, command) values ('* * * * *', 'select 1')",
    "update cron.job set active = false where true",
    "insert into vault.secrets (name, secret) values ('mine', 'mine')",
    "alter system set work_mem = '1GB'",
    "create role mine superuser",
  ])("refuses: %s", async (statement) => {
    expect(await sqlStateOf(hosted.client.exec(statement))).toBe("42501");
  });

  test.each([
    "create policy mine on storage.objects for select to authenticated using (false)",
    `create function public.mine() returns trigger language plpgsql as 'begin return new; end';
     create trigger mine after insert on auth.users for each row execute function public.mine()`,
    "select cron.schedule('mine', '* * * * *', 'select 1')",
    "select vault.create_secret('secret', 'mine')",
    "create table public.mine (id uuid references auth.users (id) on delete cascade)",
    "insert into storage.buckets (id, name) values ('mine', 'mine')",
  ])("allows: %s", async (statement) => {
    await expect(hosted.client.exec(statement)).resolves.toBeUndefined();
  });
});

test("a linked push as the tests imitate it finds no extension by its bare name", async () => {
  await using hosted = await createHostedDatabase("2026", byPush);

  expect(await sqlStateOf(hosted.client.exec("create table public.mine (v vector(3))")))
    .toBe("42704");
  await expect(hosted.client.exec("create table public.mine (v extensions.vector(3))"))
    .resolves.toBeUndefined();
});

test("default privileges as the tests imitate them differ", async () => {
  await using legacy = await createHostedDatabase("legacy", byUrl);
  await using modern = await createHostedDatabase("2026", byUrl);
  const readable = async ({ client }: HostedDatabase) => {
    await client.exec("create table public.mine (id integer)");
    const [row] = await client.query<{ by: string[] }>(`
      select array_agg(role) as by
      from unnest(array['anon', 'authenticated', 'service_role']) as role
      where has_table_privilege(role, 'public.mine', 'select')`);
    return row!.by;
  };

  expect(await readable(legacy)).toEqual(["anon", "authenticated", "service_role"]);
  expect(await readable(modern)).toBeNull();
});

describe.each<[DefaultPrivileges, string, string]>([
  ["legacy", "by URL", byUrl],
  ["legacy", "by a linked push", byPush],
  ["2026", "by URL", byUrl],
  ["2026", "by a linked push", byPush],
])("migrations on a hosted project with %s default privileges, %s", (regime, _, searchPath) => {
  let hosted: HostedDatabase;
  beforeAll(async () => {
    hosted = await createHostedDatabase(regime, searchPath);
    await migrate(hosted.client, migrations);
  });
  afterAll(() => hosted?.[Symbol.asyncDispose]());

  test("make the schema that is in git", async () => {
    const schema = await dumpSchema(hosted.admin, hosted.url);

    expect(schema).toBe(await Deno.readTextFile("supabase/schema.sql"));
  });

  test("leave an installation that lacks nothing but secrets and time", async () => {
    const rows = await hosted.client.query<{ check: string; ok: boolean }>(
      "select * from private.validate_installation()",
    );

    expect(rows.filter(({ ok }) => !ok).map(({ check }) => check)).toEqual([
      "cron ticks",
      "secrets",
    ]);
  });

  test("let the job engine call workers, whose owner is no superuser", async () => {
    await hosted.client.exec(`
      select vault.create_secret('https://a.example', 'project_url');
      select vault.create_secret('key', 'cron_secret_key');
      select private.enqueue_jobs('[{"lane": "storage", "kind": "sweep_storage", "dedupe_key": "a"}]');
    `);

    const calls = await hosted.admin.query("select url from net.http_request_queue");

    expect(calls).toEqual([{ url: "https://a.example/functions/v1/process-jobs" }]);
  });
});

describe("migrations that go wrong on a hosted project", () => {
  let hosted: HostedDatabase;
  let folder: string;
  beforeAll(async () => {
    hosted = await createHostedDatabase("2026", byUrl);
    folder = await Deno.makeTempDir({ prefix: "maestro-cli-" });
    await Deno.mkdir(`${folder}/supabase/migrations`, { recursive: true });
    await Deno.copyFile("supabase/config.toml", `${folder}/supabase/config.toml`);
    for (const { version, name } of migrations) {
      const file = `supabase/migrations/${version}_${name}.sql`;
      await Deno.copyFile(file, `${folder}/${file}`);
    }
    await migrationUp();
  });
  afterAll(async () => {
    await hosted?.[Symbol.asyncDispose]();
    await Deno.remove(folder, { recursive: true });
  });

  const migrationUp = () =>
    supabaseCli(["migration", "up", `--remote=${hosted.url}`, `--workdir=${folder}`]);
  const dump = () => dumpSchema(hosted.admin, hosted.url);

  test("are all applied by the CLI at first", async () => {
    expect(await appliedTo(hosted)).toBe(migrations.length);
    expect(await dump()).toBe(await Deno.readTextFile("supabase/schema.sql"));
  });

  test("leave nothing of a file that fails in its last statement", async () => {
    const file = `${folder}/supabase/migrations/29990101000000_half.sql`;
    await Deno.writeTextFile(
      file,
      "create table public.half (id integer);\nselect cron.schedule('maestro-half', '* * * * *', 'select 1');\nselect 1 / 0;\n",
    );

    await expect(migrationUp()).rejects.toThrow("division by zero");

    await Deno.remove(file);
    expect(await appliedTo(hosted)).toBe(migrations.length);
    expect(await dump()).toBe(await Deno.readTextFile("supabase/schema.sql"));
  });

  test("are refused, and change nothing, where the history was lost", async () => {
    await hosted.client.exec("delete from supabase_migrations.schema_migrations where true");

    await expect(migrationUp()).rejects.toThrow('schema "private" already exists');

    expect(await dump()).toBe(await Deno.readTextFile("supabase/schema.sql"));
    expect(await appliedTo(hosted)).toBeLessThan(2);
  });
});
