import type { SqlClient } from "../../../local/database/sql-client.ts";
import { only, type Persona, type TestDatabase } from "../../support/test-database.ts";

/** What a request to build a version is answered with. */
export interface Begun extends Record<string, unknown> {
  file_id: string;
  version_id: string;
  build_token: string;
  is_new?: boolean;
  is_queued: boolean;
}

/** A conversation that is ready, as its user would insert it. Returns its id. */
export async function createConversation(
  db: TestDatabase,
  orgId: string,
  persona: { userId: string },
  { status = "completed", sizeBytes = 1000 } = {},
): Promise<string> {
  const id = crypto.randomUUID();
  const path = `${persona.userId}/${id}/enriched.json`;
  await db.query(
    `insert into storage.objects (bucket_id, name, metadata)
     values ('conversation-files', $1, jsonb_build_object('size', $2::integer))`,
    [path, sizeBytes],
  );
  await db.as(persona, (client) =>
    client.query(
      `insert into public.conversations
         (org_id, conversation_id, enriched_file_path, enrichment_status)
       values ($1, $2, $3, $4)`,
      [orgId, id, path, status],
    ));
  return id;
}

/** Begins a training file. */
export async function beginFile(
  db: TestDatabase,
  persona: Persona,
  orgId: string,
  conversationIds: string[],
  { name = `File ${crypto.randomUUID()}`, key = null as string | null } = {},
): Promise<Begun> {
  return only(
    await db.as(persona, (client) =>
      client.query<Begun>(
        "select * from public.create_training_file($1, $2, $3, null, '{}', $4, 'hash')",
        [name, conversationIds, orgId, key],
      )),
  );
}

/** Begins a version with more conversations, or with fewer. */
export async function beginChange(
  db: TestDatabase,
  persona: Persona,
  action: "add" | "remove",
  fileId: string,
  conversationIds: string[],
  { key = null as string | null } = {},
): Promise<Begun> {
  return only(
    await db.as(persona, (client) =>
      client.query<Begun>(
        `select * from public.${action}_training_file_conversations($1, $2,
           p_idempotency_key => $3, p_request_hash => 'other hash')`,
        [fileId, conversationIds, key],
      )),
  );
}

/**
 * Publishes a version as its builder does, with figures that say how many conversations it has.
 * What else there is to do is done before the transaction ends.
 */
export async function publish(
  db: TestDatabase,
  { version_id, build_token }: Begun,
  beforeEnd: (client: Pick<SqlClient, "query">) => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  const [version] = await db.query<{ path: string; count: number }>(
    `select training_file_id || '/v' || version as path, (
       select count(*)::integer from public.training_file_sources as source
       where source.version_id = version.id
     ) as count
     from public.training_file_versions as version where id = $1`,
    [version_id],
  );
  const names = [["json", "training.json"], ["jsonl", "training.jsonl"]];
  const result = {
    totals: {
      conversation_count: version?.count ?? 0,
      total_training_pairs: 1,
      human_reviewed_count: 0,
      scaffolding_distribution: {},
    },
    content_digest: "d",
    json_sha256: "a",
    jsonl_sha256: "b",
    json_size: 1,
    jsonl_size: 1,
    sources: [],
    artifacts: names.map(([format, name]) => ({
      format,
      options_hash: "",
      options: {},
      path: `${version?.path}/${name}`,
      size_bytes: 1,
      line_count: 1,
      sha256: "a",
    })),
  };
  await db.as("service_role", async (client) => {
    await client.query("select public.complete_training_file_build($1, $2, $3)", [
      version_id,
      build_token,
      JSON.stringify(result),
    ]);
    await beforeEnd(client);
  });
}

/** Changes a training file as a PATCH does. */
export async function patchFile(
  db: TestDatabase,
  persona: Persona,
  fileId: string,
  changes: Record<string, string>,
): Promise<void> {
  await db.as(
    persona,
    (client) =>
      client.query("select public.update_training_file($1, $2)", [fileId, JSON.stringify(changes)]),
  );
}

/** Says of a conversation that it was enriched again, or that this has begun. */
export async function enrich(
  db: TestDatabase,
  persona: Persona,
  conversationId: string,
  status = "completed",
): Promise<void> {
  await db.as(persona, (client) =>
    client.query(
      "update public.conversations set enrichment_status = $2 where conversation_id = $1",
      [conversationId, status],
    ));
}

/** Whether a file is stale, and its rebuilds that wait for their quiet minute. */
export async function stalenessOf(db: TestDatabase, fileId: string) {
  return only(
    await db.query<{ version: number; stale: boolean; rebuilds: number }>(
      `select version, stale, (
         select count(*)::integer from private.jobs as job
         where job.kind = 'rebuild_training_file' and job.dedupe_key = file.id::text
           and not job.is_ready and job.visible_at > now() + interval '30 seconds'
       ) as rebuilds
       from public.training_files as file where id = $1`,
      [fileId],
    ),
  );
}

/** A published file of the conversations; returns its id. */
export async function createPublished(
  db: TestDatabase,
  persona: Persona,
  orgId: string,
  conversationIds: string[],
): Promise<string> {
  const begun = await beginFile(db, persona, orgId, conversationIds);
  await publish(db, begun);
  return begun.file_id;
}

/** The live version of a file, its members in order, and how many builds are under way. */
export async function readFile(db: TestDatabase, fileId: string) {
  const [file] = await db.query<{ version: number; conversation_count: number }>(
    "select version, conversation_count from public.training_files where id = $1",
    [fileId],
  );
  const members = await db.query<{ conversation_id: string }>(
    `select conversation_id from public.training_file_conversations
     where training_file_id = $1 order by position`,
    [fileId],
  );
  const building = await db.query(
    "select from public.training_file_versions where training_file_id = $1 and state = 'building'",
    [fileId],
  );
  return file &&
    { ...file, members: members.map((row) => row.conversation_id), building: building.length };
}

/** Lets the time of a build run out. */
export async function expireBuild(db: TestDatabase, versionId: string): Promise<void> {
  await db.query(
    "update public.training_file_versions set build_until = now() - interval '1 second' where id = $1",
    [versionId],
  );
}

/** What cron does every minute. */
export async function enqueueSweep(db: TestDatabase): Promise<void> {
  await db.query("select private.enqueue_storage_sweep()");
}

/** The objects of a file that wait for the sweeper, and whether each is due. */
export async function outboxOf(db: TestDatabase, fileId: string): Promise<[string, boolean][]> {
  const rows = await db.query<{ path: string; is_due: boolean }>(
    `select path, due_at <= now() as is_due from private.storage_outbox
     where path like $1 || '/%' order by path`,
    [fileId],
  );
  return rows.map(({ path, is_due }) => [path.slice(fileId.length + 1), is_due]);
}

/** The state of a version, and why its build failed. */
export async function stateOf(db: TestDatabase, versionId: string) {
  const rows = await db.query<{ state: string; error: unknown }>(
    "select state, error from public.training_file_versions where id = $1",
    [versionId],
  );
  return rows[0];
}
