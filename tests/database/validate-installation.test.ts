import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { setVaultSecrets } from "../../local/database/set-vault-secrets.ts";
import type { SqlClient } from "../../local/database/sql-client.ts";
import { createTestDatabase } from "../support/test-database.ts";
import { createCast, eachRole, rowsFor } from "./support/cast.ts";

interface Row extends Record<string, unknown> {
  check: string;
  ok: boolean | null;
  detail: string;
  hint: string | null;
}

const db = await createTestDatabase();
afterAll(() => db[Symbol.asyncDispose]());
const cast = await createCast(db);

const secret = "sb_secret_that_nobody_may_see";

class RollBack extends Error {}

function validate(client: Pick<SqlClient, "query">): Promise<Row[]> {
  return client.query<Row>("select * from private.validate_installation()");
}

/** The answer after `damage`, which is undone afterwards. */
async function after(damage: string): Promise<Row[]> {
  let rows: Row[] = [];
  try {
    await db.transaction(async (client) => {
      await client.exec(damage);
      rows = await validate(client);
      throw new RollBack();
    });
  } catch (error) {
    if (!(error instanceof RollBack)) throw error;
  }
  return rows;
}

const red = (rows: Row[]) => rows.filter(({ ok }) => ok === false).map(({ check }) => check);

/** A job that has been due for so many minutes, and a worker that was called a minute ago. */
const due = (minutes: number) => `
  insert into private.jobs (lane, kind, dedupe_key, visible_at)
  values ('embedding', 'unknown', 'late', now() - interval '${minutes} minutes');
  update private.wakeups set poked_at = now() - interval '1 minute' where true;
`;

beforeAll(async () => {
  await setVaultSecrets(db, { project_url: "https://a.example", cron_secret_key: secret });
  await db.exec(`
    insert into cron.job_run_details (jobid, status, start_time)
    select jobid, 'succeeded', now() from cron.job where jobname = 'maestro-tick-jobs'`);
});

describe("validate_installation", () => {
  test("finds nothing wrong with what has just been migrated", async () => {
    const rows = await validate(db);

    expect(rows.filter(({ ok }) => ok !== true)).toEqual([]);
    expect(rows.length).toBeGreaterThan(20);
    expect(rows.every(({ detail, hint }) => detail !== "" && hint === null)).toBe(true);
  });

  test("answers the service role through the API as it answers operators", async () => {
    const rows = await db.as(
      "service_role",
      (client) => client.query<Row>("select * from public.validate_installation()"),
    );

    expect(rows.map(({ check }) => check)).toEqual((await validate(db)).map(({ check }) => check));
  });

  test.each(eachRole())("%s %s call it", async (_, role) => {
    expect(await rowsFor(db, cast[role], "select from public.validate_installation()")).toBe(0);
  });

  test("shows no secret, whatever is wrong with it", async () => {
    const rows = await after(`
      update vault.secrets set secret = E'${secret}\\nx' where name = 'cron_secret_key'`);

    expect(red(rows)).toEqual(["secrets"]);
    expect(JSON.stringify([await validate(db), rows])).not.toContain(secret);
  });

  test.each<[string, string, string]>([
    ["tables", "a table dropped", "drop table public.usage_events cascade"],
    ["tables", "a view dropped", "drop view public.job_stats"],
    ["columns", "a column dropped", "alter table public.projects drop column created_at"],
    ["columns", "a default dropped", "alter table public.projects alter column id drop default"],
    [
      "constraints",
      "a check dropped",
      "alter table public.organizations drop constraint organizations_name_check",
    ],
    ["indexes", "an index dropped", "drop index private.jobs_ready_idx"],
    [
      "functions",
      "a function replaced",
      `create or replace function private.get_role_rank(role text) returns integer language sql
       immutable set search_path = '' return 4`,
    ],
    ["functions", "a function dropped", "drop function public.release_jobs(text)"],
    [
      "triggers",
      "a trigger disabled",
      "alter table private.jobs disable trigger _900_wake_worker",
    ],
    [
      "row-level security",
      "row-level security off",
      "alter table public.vault_documents disable row level security",
    ],
    ["policies", "a policy dropped", "drop policy projects_select_viewer on public.projects"],
    [
      "policies",
      "a policy added",
      "create policy anything on public.projects for select to authenticated using (true)",
    ],
    [
      "policies",
      "a policy of Storage widened",
      "alter policy documents_objects_select_viewer on storage.objects using (private.get_document_path_org_id(name) is not null)",
    ],
    [
      "policies",
      "a policy for every bucket",
      "create policy anything on storage.objects for select to authenticated using (true)",
    ],
    [
      "policies",
      "a bucket of ours opened by its name alone",
      "create policy anything on storage.objects for select to authenticated using (bucket_id = 'documents')",
    ],
    [
      "policies",
      "a policy for another bucket, or for whom it likes",
      `create policy anything on storage.objects for select to authenticated
       using (bucket_id = 'theirs' or (select auth.uid()) is not null)`,
    ],
    [
      "policies",
      "a policy for every bucket but one",
      "create policy anything on storage.objects for insert to authenticated with check (bucket_id <> 'theirs')",
    ],
    ["grants", "anon let in", "grant select on public.projects to anon"],
    [
      "grants",
      "a column opened",
      "grant update (role) on public.organization_members to authenticated",
    ],
    [
      "grants",
      "a function opened",
      "grant execute on function private.tick_jobs(interval) to public",
    ],
    [
      "grants",
      "a grant revoked",
      "revoke execute on function public.get_org_id(uuid, text) from authenticated",
    ],
    ["grants", "the schema of the machinery opened", "grant usage on schema private to anon"],
    [
      "buckets",
      "a bucket made public",
      "update storage.buckets set public = true where id = 'documents'",
    ],
    [
      "buckets",
      "a limit lifted",
      "update storage.buckets set file_size_limit = null where id = 'pointer-crops'",
    ],
    ["lanes", "a lane deleted", "delete from private.lanes where lane = 'storage'"],
    ["cron jobs", "a cron job gone", "select cron.unschedule('maestro-sweep-jobs')"],
    [
      "cron jobs",
      "a cron job that does something else",
      "select cron.schedule('maestro-sweep-jobs', '* * * * *', 'select 1')",
    ],
    ["cron jobs", "no tick scheduled", "select cron.unschedule('maestro-tick-jobs')"],
    [
      "cron ticks",
      "a stale tick",
      "update cron.job_run_details set start_time = now() - interval '2 minutes' where true",
    ],
    ["cron ticks", "no tick yet", "delete from cron.job_run_details where true"],
    [
      "cron runs",
      "a cron job that fails",
      `insert into cron.job_run_details (jobid, status, return_message, start_time)
       select jobid, 'failed', 'ERROR: no', now() from cron.job where jobname = 'maestro-sweep-jobs'`,
    ],
    ["secrets", "a secret missing", "delete from vault.secrets where name = 'project_url'"],
    [
      "secrets",
      "a project over http",
      "update vault.secrets set secret = 'http://a.example' where name = 'project_url'",
    ],
    [
      "queue",
      "jobs that wait too long",
      `${due(20)} update private.wakeups set poked_at = now() - interval '1 hour' where true;`,
    ],
    ["workers", "workers that do not come", due(2)],
    [
      "providers",
      "a provider that refuses our key",
      `update private.lanes set paused_until = now() + interval '1 hour',
         pause_reason = 'PROVIDER_UNAUTHORIZED' where lane = 'embedding'`,
    ],
    [
      "default privileges",
      "what is made in private open by default",
      "alter default privileges in schema private grant select on tables to authenticated",
    ],
    [
      "default privileges",
      "what is made anywhere open to everybody",
      "alter default privileges grant select on tables to public",
    ],
    ["roles", "a role past row-level security", "alter role authenticated bypassrls"],
    ["roles", "a role that is another one", "grant service_role to authenticated"],
    [
      "owners",
      "a table of another owner",
      "create role maestro_somebody; alter table public.projects owner to maestro_somebody",
    ],
  ])("reports in the line %s: %s", async (check, _, damage) => {
    const rows = await after(damage);

    expect(red(rows)).toEqual([check]);
    expect(rows.find((row) => row.check === check)!.hint).toMatch(/\S/);
  });

  test("reports an index that is there and cannot be used", async () => {
    const rows = await after(
      "update pg_catalog.pg_index set indisvalid = false where indexrelid = 'private.jobs_held_idx'::regclass",
    );

    expect(red(rows)).toEqual(["indexes"]);
  });

  test("names what is missing and what has changed, and counts the rest", async () => {
    const rows = await after(`
      alter table public.projects disable row level security;
      drop policy projects_select_viewer on public.projects;
      revoke execute on all functions in schema public from authenticated;
    `);
    const details = Object.fromEntries(rows.map(({ check, detail }) => [check, detail]));

    expect(details["row-level security"]).toBe("changed: public.projects");
    expect(details.policies).toBe("missing: projects_select_viewer on public.projects");
    expect(details.grants).toMatch(/^missing: execute to authenticated on .*, and \d+ more$/);
  });

  test("lets operators add what does not widen access, and choose when cron runs", async () => {
    const rows = await after(`
      create table public.theirs (id integer);
      grant select on public.theirs to anon;
      create index projects_theirs_idx on public.projects (created_at);
      create policy theirs on storage.objects for select to anon using (bucket_id = 'theirs');
      create policy theirs_too on storage.objects for all to authenticated
        using (bucket_id = 'theirs' and (name like 'mine/%' or name like 'public/%'))
        with check ((select auth.uid()) is not null and bucket_id = 'theirs');
      select cron.schedule('maestro-tick-jobs', '10 seconds', 'select private.tick_jobs()');
    `);

    expect(red(rows)).toEqual([]);
  });

  test("says that cron has never ticked", async () => {
    const rows = await after("delete from cron.job_run_details where true");

    expect(rows.find(({ check }) => check === "cron ticks")!.detail).toBe("never");
  });

  test("names an extension that was switched off, and asks what it can without it", async () => {
    const rows = await after(`
      delete from pg_catalog.pg_extension where extname = 'supabase_vault';
      alter schema vault rename to vault_gone;
    `);

    expect(red(rows)).toEqual(["extensions"]);
    expect(rows.find(({ check }) => check === "extensions")!.detail)
      .toContain("supabase_vault missing");
    expect(rows.find(({ check }) => check === "roles")!.ok).toBe(true);
    expect(rows.at(-1)).toMatchObject({ check: "everything else", ok: null });
  });

  test("takes what an operator changed on purpose for right from then on", async () => {
    const rows = await after(`
      drop index private.jobs_ready_idx;
      select private.update_installed_objects();
    `);

    expect(red(rows)).toEqual([]);
  });
});
