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
      "accept_invitation(text)",
      "add_default_experience(uuid)",
      "add_training_file_conversations(uuid,uuid[],jsonb,text,text)",
      "cancel_training_file_build(uuid)",
      "cancel_training_job(uuid)",
      "claim_question(uuid)",
      "create_organization(text)",
      "create_training_file(text,uuid[],uuid,text,jsonb,text,text)",
      "delete_training_file(uuid)",
      "enqueue_document_training(uuid,uuid,text)",
      "get_org_id(uuid,text)",
      "invite_member(uuid,text,text)",
      "leave_organization(uuid)",
      "list_conversation_paths(uuid[],uuid)",
      "list_quotas(uuid)",
      "private.accept_invitation(text)",
      "private.add_default_experience(uuid)",
      "private.add_search(uuid)",
      "private.add_training_file_conversations(uuid,uuid[],jsonb,text,text)",
      "private.cancel_training_file_build(uuid)",
      "private.cancel_training_job(uuid)",
      "private.claim_question(uuid)",
      "private.create_organization(text)",
      "private.create_training_file(uuid,text,text,uuid[],jsonb,text,text)",
      "private.delete_training_file(uuid)",
      "private.enqueue_document_training(uuid,uuid,text)",
      "private.get_account_id()",
      "private.get_crop_path_org_id(text)",
      "private.get_document_path_org_id(text)",
      "private.get_key(text)",
      "private.get_member_org_ids(text)",
      "private.get_org_id(uuid,text)",
      "private.get_search_vector(text,text)",
      "private.has_object_room(uuid)",
      "private.invite_member(uuid,text,text)",
      "private.is_conversation_path_of(text,uuid)",
      "private.is_visible(text)",
      "private.leave_organization(uuid)",
      "private.list_conversation_paths(uuid,uuid[])",
      "private.list_quotas(uuid)",
      "private.raise_error(text,integer,text,jsonb,text,json)",
      "private.remove_member(uuid,uuid)",
      "private.remove_training_file_conversations(uuid,uuid[],text,text)",
      "private.retry_pointer(uuid)",
      "private.retry_project_pointers(uuid,text)",
      "private.retry_training_job(uuid)",
      "private.revoke_invitation(uuid)",
      "private.search_knowledge(uuid,text,extensions.vector,integer,text[],text,uuid[],uuid[],uuid[],jsonb,double precision,text)",
      "private.set_member_role(uuid,uuid,text)",
      "private.transfer_ownership(uuid,uuid)",
      "private.update_training_file(uuid,jsonb)",
      "remove_member(uuid,uuid)",
      "remove_training_file_conversations(uuid,uuid[],text,text)",
      "retry_pointer(uuid)",
      "retry_project_pointers(uuid,text)",
      "retry_training_job(uuid)",
      "revoke_invitation(uuid)",
      "search_knowledge(uuid,text,extensions.vector,integer,text[],text,uuid[],uuid[],uuid[],jsonb,double precision,text)",
      "set_member_role(uuid,uuid,text)",
      "transfer_ownership(uuid,uuid)",
      "update_training_file(uuid,jsonb)",
    ]);
  });

  test("let the service role execute this list", () => {
    expect(mayExecute("service_role", legacy)).toEqual([
      "add_document_chunks(text,uuid,jsonb,real)",
      "add_page_reading(text,uuid,text,integer,text)",
      "add_pointer_reading(text,uuid,text,text,jsonb,integer,jsonb)",
      "add_reembedded_chunks(text,uuid,jsonb,real)",
      "add_training_artifact(uuid,jsonb)",
      "add_wasted_usage(jsonb)",
      "audit_installation(text,integer)",
      "cancel_embedding_switches(uuid)",
      "cancel_jobs(jsonb)",
      "claim_jobs(text,text[],integer,integer,text[],bigint,jsonb)",
      "claim_lane_requests(text,integer,integer)",
      "claim_training_file_build(uuid,uuid)",
      "complete_document_job(text,uuid,integer,integer,jsonb)",
      "complete_jobs(jsonb)",
      "complete_pointer_job(text,uuid,text,jsonb,jsonb)",
      "complete_rebuild_job(text,uuid)",
      "complete_reembed_job(text,uuid,jsonb)",
      "complete_sweep_job(text,uuid,text[])",
      "complete_training_file_build(uuid,uuid,jsonb)",
      "defer_document_job(text,uuid,text,jsonb)",
      "defer_jobs(jsonb,double precision,text)",
      "drain_workers(text)",
      "enqueue_jobs(jsonb)",
      "enqueue_object_deletion(text,text,interval)",
      "fail_jobs(jsonb)",
      "fail_training_file_build(uuid,uuid,jsonb)",
      "get_conversation_snapshots(uuid,text[])",
      "get_pointer_source(uuid)",
      "get_training_file_entries(uuid,boolean)",
      "heartbeat_jobs(text,jsonb,integer)",
      "heartbeat_training_file_build(uuid,uuid,real)",
      "is_scan_reading_allowed(uuid)",
      "list_due_objects(integer)",
      "list_embedded_hashes(uuid,text,text[])",
      "list_page_readings(uuid,text)",
      "list_reembed_chunks(text,uuid,integer)",
      "pause_lane(text,timestamp with time zone)",
      "private.add_document_chunks(text,uuid,jsonb,real)",
      "private.add_page_reading(text,uuid,text,integer,text)",
      "private.add_pointer_reading(text,uuid,text,text,jsonb,integer,jsonb)",
      "private.add_reembedded_chunks(text,uuid,jsonb,real)",
      "private.add_training_artifact(uuid,jsonb)",
      "private.add_wasted_usage(jsonb)",
      "private.assert_batch(jsonb)",
      "private.assert_job_payloads(jsonb)",
      "private.audit_installation(text,interval)",
      "private.cancel_embedding_switches(uuid)",
      "private.cancel_jobs(jsonb)",
      "private.claim_jobs(text,text[],integer,integer,text[],bigint,jsonb)",
      "private.claim_lane_requests(text,integer,integer)",
      "private.claim_training_file_build(uuid,uuid)",
      "private.complete_document_job(text,uuid,integer,integer,jsonb)",
      "private.complete_jobs(jsonb)",
      "private.complete_pointer_job(text,uuid,text,jsonb,jsonb)",
      "private.complete_rebuild_job(text,uuid)",
      "private.complete_reembed_job(text,uuid,jsonb)",
      "private.complete_sweep_job(text,uuid,text[])",
      "private.complete_training_file_build(uuid,uuid,jsonb)",
      "private.defer_document_job(text,uuid,text,jsonb)",
      "private.defer_jobs(jsonb,double precision,text)",
      "private.drain_workers(text)",
      "private.enqueue_jobs(jsonb)",
      "private.enqueue_object_deletion(text,text,interval)",
      "private.fail_arguments(text,text)",
      "private.fail_jobs(jsonb)",
      "private.fail_training_file_build(uuid,uuid,jsonb)",
      "private.get_conversation_snapshots(uuid,text[])",
      "private.get_job_health()",
      "private.get_key(text)",
      "private.get_pointer_source(uuid)",
      "private.get_search_vector(text,text)",
      "private.get_training_file_entries(uuid,boolean)",
      "private.heartbeat_jobs(text,jsonb,integer)",
      "private.heartbeat_training_file_build(uuid,uuid,real)",
      "private.is_scan_reading_allowed(uuid)",
      "private.is_visible(text)",
      "private.list_dead_jobs()",
      "private.list_due_objects(integer)",
      "private.list_embedded_hashes(uuid,text,text[])",
      "private.list_embedding_models()",
      "private.list_embedding_switches()",
      "private.list_job_stats()",
      "private.list_lane_states()",
      "private.list_page_readings(uuid,text)",
      "private.list_reembed_chunks(text,uuid,integer)",
      "private.pause_lane(text,timestamp with time zone)",
      "private.raise_error(text,integer,text,jsonb,text,json)",
      "private.release_jobs(text)",
      "private.retry_dead_jobs(jsonb)",
      "private.switch_embedding_model(uuid,text)",
      "private.update_lane(text,jsonb)",
      "private.update_lane_start(text,integer)",
      "private.validate_installation()",
      "release_jobs(text)",
      "retry_dead_jobs(jsonb)",
      "switch_embedding_model(text,uuid)",
      "update_lane(text,jsonb)",
      "update_lane_start(text,integer)",
      "validate_installation()",
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
      "insert batch_items.batch_job_id",
      "insert batch_items.conversation_id",
      "insert batch_items.id",
      "insert batch_items.org_id",
      "insert batch_items.status",
      "insert batch_jobs.id",
      "insert batch_jobs.org_id",
      "insert batch_jobs.status",
      "insert batch_jobs.tier",
      "insert batch_jobs.total_items",
      "insert conversations.conversation_id",
      "insert conversations.emotional_arc_id",
      "insert conversations.enriched_file_path",
      "insert conversations.enrichment_status",
      "insert conversations.file_path",
      "insert conversations.id",
      "insert conversations.org_id",
      "insert conversations.persona_id",
      "insert conversations.raw_response_path",
      "insert conversations.training_topic_id",
      "insert disciplines.id",
      "insert disciplines.name",
      "insert disciplines.project_id",
      "insert emotional_arcs.description",
      "insert emotional_arcs.emotional_arc_key",
      "insert emotional_arcs.id",
      "insert emotional_arcs.name",
      "insert emotional_arcs.org_id",
      "insert experience_files.content",
      "insert experience_files.path",
      "insert experience_files.project_id",
      "insert experience_files.updated_by_session",
      "insert mono_training_docs.training_set_id",
      "insert mono_training_docs.vault_document_id",
      "insert mono_training_sets.auto_train",
      "insert mono_training_sets.description",
      "insert mono_training_sets.name",
      "insert mono_training_sets.org_id",
      "insert mono_training_sets.reads_scans",
      "insert pages.discipline_id",
      "insert pages.id",
      "insert pages.page_name",
      "insert pages.project_id",
      "insert pages.sheet_number",
      "insert pages.sheet_reflection",
      "insert personas.demographics",
      "insert personas.description",
      "insert personas.id",
      "insert personas.name",
      "insert personas.org_id",
      "insert personas.persona_key",
      "insert pointers.bbox",
      "insert pointers.id",
      "insert pointers.page_id",
      "insert pointers.png_path",
      "insert pointers.title",
      "insert projects.id",
      "insert projects.name",
      "insert projects.org_id",
      "insert sessions.last_active_at",
      "insert sessions.learning_messages",
      "insert sessions.maestro_messages",
      "insert sessions.project_id",
      "insert sessions.session_type",
      "insert sessions.status",
      "insert sessions.workspace_id",
      "insert sessions.workspace_name",
      "insert sessions.workspace_state",
      "insert training_topics.description",
      "insert training_topics.id",
      "insert training_topics.name",
      "insert training_topics.org_id",
      "insert training_topics.training_topic_key",
      "insert vault_documents.id",
      "insert vault_documents.language",
      "insert vault_documents.mime_type",
      "insert vault_documents.org_id",
      "insert vault_documents.storage_path",
      "insert vault_documents.title",
      "update batch_items.conversation_id",
      "update batch_items.status",
      "update batch_jobs.status",
      "update batch_jobs.total_items",
      "update conversations.emotional_arc_id",
      "update conversations.enriched_file_path",
      "update conversations.enrichment_status",
      "update conversations.file_path",
      "update conversations.persona_id",
      "update conversations.raw_response_path",
      "update conversations.training_topic_id",
      "update disciplines.name",
      "update emotional_arcs.description",
      "update emotional_arcs.emotional_arc_key",
      "update emotional_arcs.name",
      "update experience_files.content",
      "update experience_files.updated_by_session",
      "update mono_training_sets.auto_train",
      "update mono_training_sets.description",
      "update mono_training_sets.name",
      "update mono_training_sets.reads_scans",
      "update organizations.name",
      "update pages.discipline_id",
      "update pages.page_name",
      "update pages.sheet_number",
      "update pages.sheet_reflection",
      "update personas.demographics",
      "update personas.description",
      "update personas.name",
      "update personas.persona_key",
      "update pointers.bbox",
      "update pointers.png_path",
      "update pointers.title",
      "update projects.name",
      "update sessions.last_active_at",
      "update sessions.learning_messages",
      "update sessions.maestro_messages",
      "update sessions.status",
      "update sessions.workspace_id",
      "update sessions.workspace_name",
      "update sessions.workspace_state",
      "update training_topics.description",
      "update training_topics.name",
      "update training_topics.training_topic_key",
      "update vault_documents.language",
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
