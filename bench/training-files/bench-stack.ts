import { createClient, type SupabaseClient } from "@supabase/supabase-js";
import { type Stack, startStack } from "../../local/stack.ts";
import { FileSystemAdapter } from "../../local/storage/file-system-adapter.ts";
import { createCluster } from "../../scripts/support/postgres-cluster.ts";
import { type DemoUser, signUp } from "../../scripts/demo/sign-up.ts";
import type { Database } from "../../shared/database.types.ts";
import { makeConversation } from "./make-conversation.ts";

/** A stack of the bench, and a user of it. */
export interface BenchStack {
  stack: Stack;
  user: DemoUser;
  /** With the service role. */
  admin: SupabaseClient<Database>;
  stop(): Promise<void>;
}

/** Conversations that are ready. */
export interface Conversations {
  ids: string[];
  paths: string[];
}

let made = 0;

/** Starts a stack on a PostgreSQL server of its own, or on PGlite, and signs a user up. */
export async function startBenchStack(database: "postgres" | "pglite"): Promise<BenchStack> {
  const cluster = database === "postgres" ? await createCluster() : null;
  const stack = await startStack({
    port: 0,
    data: null,
    cron: true,
    ...(cluster && { databaseUrl: cluster.url }),
  });
  const { url, keys } = stack;
  const user = await signUp(
    { url, publishable_key: keys.publishableKey },
    "bench@maestro.example",
    "Bench",
  );
  const admin = createClient<Database>(url, keys.secretKey, { auth: { persistSession: false } });
  const stop = async () => {
    await stack.stop();
    await cluster?.destroy();
  };
  return { stack, user, admin, stop };
}

/**
 * Makes conversations that nobody has seen before. The first is uploaded as a browser does it, the
 * others are put beside it: ten thousand uploads are not what is measured.
 */
export async function makeConversations(
  { stack: { database, data }, user: { id: userId, orgId, client } }: BenchStack,
  count: number,
  bytes: number,
): Promise<Conversations> {
  const objects = new FileSystemAdapter(`${data}/objects`);
  const ids = Array.from({ length: count }, () => crypto.randomUUID());
  const paths = ids.map((id) => `${userId}/${id}/enriched.json`);
  const sizes: number[] = [];
  for (const [index, path] of paths.entries()) {
    const content = makeConversation(made++, bytes);
    sizes.push(content.byteLength);
    if (index > 0) {
      await objects.uploadObject(
        "conversation-files",
        path,
        undefined,
        content,
        "application/json",
        "max-age=3600",
      );
      continue;
    }
    const { error } = await client.storage.from("conversation-files")
      .upload(path, content, { contentType: "application/json" });
    if (error) throw error;
  }
  await database.query(
    `insert into storage.objects (bucket_id, name, owner, metadata)
     select object.bucket_id, new.path, object.owner,
       object.metadata || jsonb_build_object('size', new.size, 'contentLength', new.size)
     from storage.objects as object, unnest($2::text[], $3::integer[]) as new (path, size)
     where object.bucket_id = 'conversation-files' and object.name = $1`,
    [paths[0]!, paths.slice(1), sizes.slice(1)],
  );
  await database.query(
    `insert into public.conversations
       (org_id, conversation_id, enriched_file_path, enrichment_status, created_by)
     select $1, new.id, new.path, 'completed', $2
     from unnest($3::uuid[], $4::text[]) as new (id, path)`,
    [orgId, userId, ids, paths],
  );
  return { ids, paths };
}

/** Begins a version of a new file with any number of conversations, past the limit of requests. */
export async function beginFile(
  { stack: { database }, user }: BenchStack,
  { ids }: Conversations,
  { isQueued }: { isQueued: boolean },
): Promise<{ version_id: string; build_token: string }> {
  return await database.transaction(async (transaction) => {
    const [file] = await transaction.query<{ id: string }>(
      "insert into public.training_files (org_id, name, created_by) values ($1, $2, $3) returning id",
      [user.orgId, crypto.randomUUID(), user.id],
    );
    const [begun] = await transaction.query<{ id: string; build_token: string }>(
      `select begun.id, begun.build_token
       from public.training_files as file,
         private.create_training_file_version(file, 'created', $2::uuid[], '{}') as begun
       where file.id = $1`,
      [file!.id, ids],
    );
    if (isQueued) {
      await transaction.query(
        `select private.enqueue_training_file_build(begun, true)
         from public.training_file_versions as begun where begun.id = $1`,
        [begun!.id],
      );
    }
    return { version_id: begun!.id, build_token: begun!.build_token };
  });
}
