import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { migrate, readMigrations } from "../../local/database/migrate.ts";
import { type DefaultPrivileges, preparePlatform } from "../../local/database/prepare-platform.ts";
import type { SqlClient } from "../../local/database/sql-client.ts";
import { createUser } from "../support/personas.ts";
import { createTestDatabase } from "../support/test-database.ts";
import { createEmptyDatabase } from "./support/empty-database.ts";
import { sqlStateOf } from "./support/rejection.ts";

const db = await createTestDatabase();
afterAll(() => db[Symbol.asyncDispose]());

/** One line for each thing that an API role may do in schema public or private. */
const effectivePrivileges = `
  with
  role as (
    select unnest(array['anon', 'authenticated', 'service_role']) as name
  ),
  our_schema as (
    select oid, nspname from pg_namespace where nspname in ('public', 'private')
  ),
  granted as (
    select role.name as role, kind, object, privilege
    from role
    cross join lateral (
      select 'schema' as kind, nspname::text as object, privilege,
        has_schema_privilege(role.name, our_schema.oid, privilege) as is_held
      from our_schema
      cross join unnest(array['usage', 'create']) as privilege
      union all
      select case relkind when 'S' then 'sequence' else 'table' end,
        format('%s.%s', nspname, relname), privilege,
        case
          when relkind <> 'S' then has_table_privilege(role.name, class.oid, privilege)
          when privilege in ('select', 'update')
            then has_sequence_privilege(role.name, class.oid, privilege)
        end
      from pg_class as class
      join our_schema on our_schema.oid = class.relnamespace
      cross join unnest(array[
        'select', 'insert', 'update', 'delete', 'truncate', 'references', 'trigger', 'maintain'
      ]) as privilege
      where relkind in ('r', 'p', 'v', 'm', 'f', 'S')
      union all
      select 'column', format('%s.%s.%s', nspname, relname, attname), privilege,
        has_column_privilege(role.name, class.oid, attnum, privilege)
      from pg_class as class
      join our_schema on our_schema.oid = class.relnamespace
      join pg_attribute on attrelid = class.oid and attnum > 0 and not attisdropped
      cross join unnest(array['select', 'insert', 'update', 'references']) as privilege
      where relkind in ('r', 'p', 'v', 'm', 'f')
      union all
      select 'function', proc.oid::regprocedure::text, 'execute',
        has_function_privilege(role.name, proc.oid, 'execute')
      from pg_proc as proc
      join our_schema on our_schema.oid = proc.pronamespace
    ) as item
    where is_held
  )
  select format('%s may %s %s %s', role, privilege, kind, object) collate "C" as line
  from granted
  order by 1`;

async function readPrivileges(client: Pick<SqlClient, "query">): Promise<string[]> {
  return (await client.query<{ line: string }>(effectivePrivileges)).map(({ line }) => line);
}

async function privilegesUnder(regime: DefaultPrivileges): Promise<string[]> {
  await using client = await createEmptyDatabase();
  await preparePlatform(client, regime);
  await migrate(client, await readMigrations());
  return await readPrivileges(client);
}

const mayExecute = (role: string, privileges: string[]) =>
  privileges.filter((line) => line.startsWith(`${role} may execute`))
    .map((line) => line.split(" function ")[1]!);

describe("privileges", () => {
  let legacy: string[];
  let modern: string[];

  beforeAll(async () => {
    legacy = await privilegesUnder("legacy");
    modern = await privilegesUnder("2026");
  });

  test("are the same whichever a project grants by default", () => {
    expect(modern).toEqual(legacy);
    expect(legacy.length).toBeGreaterThan(100);
  });

  test("give anon the use of schema public, and nothing in it", () => {
    expect(legacy.filter((line) => line.startsWith("anon"))).toEqual([
      "anon may usage schema public",
    ]);
  });

  test("let authenticated execute this list", () => {
    expect(mayExecute("authenticated", legacy)).toEqual([
      "cancel_training_job(uuid)",
      "create_organization(text)",
      "enqueue_document_training(uuid,uuid,text)",
      "get_org_id(uuid,text)",
      "private.cancel_training_job(uuid)",
      "private.create_organization(text)",
      "private.enqueue_document_training(uuid,uuid,text)",
      "private.get_document_path_org_id(text)",
      "private.get_member_org_ids(text)",
      "private.get_org_id(uuid,text)",
      "private.raise_error(text,integer,text,jsonb,text)",
      "private.retry_training_job(uuid)",
      "private.search_knowledge(uuid,text,extensions.vector,integer,text,uuid[],uuid[],jsonb,double precision,text)",
      "retry_training_job(uuid)",
      "search_knowledge(uuid,text,extensions.vector,integer,text[],text,uuid[],uuid[],jsonb,double precision,text)",
    ]);
  });

  test("let the service role execute this list", () => {
    expect(mayExecute("service_role", legacy)).toEqual([
      "add_document_chunks(text,uuid,jsonb,real)",
      "claim_jobs(text,text[],integer,integer)",
      "complete_document_job(text,uuid,integer,integer,jsonb)",
      "enqueue_jobs(jsonb)",
      "fail_jobs(jsonb)",
      "heartbeat_jobs(text,jsonb,integer)",
      "private.add_document_chunks(text,uuid,jsonb,real)",
      "private.claim_jobs(text,text[],integer,integer)",
      "private.complete_document_job(text,uuid,integer,integer,jsonb)",
      "private.enqueue_jobs(jsonb)",
      "private.fail_jobs(jsonb)",
      "private.heartbeat_jobs(text,jsonb,integer)",
      "private.raise_error(text,integer,text,jsonb,text)",
      "private.release_jobs(text)",
      "release_jobs(text)",
    ]);
  });

  test("let nobody touch a table, column or sequence of schema private", () => {
    const lines = legacy.filter((line) => /(table|column|sequence) private\./.test(line));

    expect(lines).toEqual([]);
  });

  test("let nobody create in our schemas", () => {
    expect(legacy.filter((line) => line.includes("may create schema"))).toEqual([]);
  });

  test("let authenticated write these columns", () => {
    const lines = legacy.filter((line) => /^authenticated may (insert|update) column/.test(line))
      .map((line) => line.replace("authenticated may ", "").replace("column public.", ""));

    expect(lines).toEqual([
      "insert mono_training_docs.training_set_id",
      "insert mono_training_docs.vault_document_id",
      "insert mono_training_sets.auto_train",
      "insert mono_training_sets.description",
      "insert mono_training_sets.name",
      "insert mono_training_sets.org_id",
      "insert vault_documents.id",
      "insert vault_documents.mime_type",
      "insert vault_documents.org_id",
      "insert vault_documents.storage_path",
      "insert vault_documents.title",
      "update mono_training_sets.auto_train",
      "update mono_training_sets.description",
      "update mono_training_sets.name",
      "update organizations.name",
      "update vault_documents.mime_type",
      "update vault_documents.storage_path",
      "update vault_documents.title",
    ]);
  });

  test("are seen to differ where a grant was forgotten", async () => {
    const before = await readPrivileges(db);

    await db.exec("create table public.forgotten (id integer)");
    const after = await readPrivileges(db);
    await db.exec("drop table public.forgotten");

    const added = after.filter((line) => !before.includes(line));
    expect(added).toContain("anon may truncate table public.forgotten");
  });

  test.each([
    "organizations",
    "organization_members",
    "vault_documents",
    "mono_training_sets",
    "mono_training_docs",
    "mono_training_jobs",
    "mono_training_chunks",
  ])("keep anon from reading %s", async (table) => {
    const work = db.as("anon", (client) => client.query(`select 1 from public.${table}`));

    expect(await sqlStateOf(work)).toBe("42501");
  });

  test.each([
    "select 1 from private.jobs",
    "select 1 from private.job_history",
    "select 1 from vault.secrets",
    "select 1 from vault.decrypted_secrets",
    "select 1 from cron.job",
    "select cron.schedule('mine', '1 second', 'select 1')",
    "select private.tick_jobs()",
    "select private.claim_jobs('w')",
    "create table public.mine (id integer)",
    "create function public.get_mine() returns integer language sql return 1",
  ])("keep anon and users from: %s", async (statement) => {
    const user = { userId: await createUser(db) };

    for (const persona of ["anon" as const, user]) {
      expect(await sqlStateOf(db.as(persona, (client) => client.query(statement)))).toBe("42501");
    }
  });
});
