import postgres from "postgres";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { type Stack, startStack } from "../../local/stack.ts";
import { type Cluster, createCluster } from "../../scripts/support/postgres-cluster.ts";
import { expectError } from "../http/support/expect-error.ts";
import { embed, type EmbeddingServer, startEmbeddingServer } from "../support/embedding-server.ts";
import { getJob, train, trainToEnd, waitForJob } from "../support/training.ts";
import { until } from "../support/until.ts";
import { addDocument, addressOf, callFunction, createUser, type User } from "../support/user.ts";

vi.setConfig({ testTimeout: 60_000 });

// A server of its own: the setting is the whole server's, as on a hosted project whose disk is full.
let cluster: Cluster;
let provider: EmbeddingServer;
let stack: Stack;
let user: User;
let sql: postgres.Sql;
let documentId: string;

beforeAll(async () => {
  cluster = await createCluster();
  provider = startEmbeddingServer();
  stack = await startStack({
    port: 0,
    data: null,
    cron: true,
    databaseUrl: cluster.url,
    env: {
      EMBEDDING_BASE_URL: provider.url,
      EMBEDDING_MODEL: "scripted",
      JOB_LEASE_SECONDS: "2",
      JOB_TICK_SECONDS: "1",
    },
  });
  sql = postgres(cluster.url, { max: 1, onnotice: () => undefined });
  user = await createUser(addressOf(stack));
  documentId = await addDocument(user, "Everybody has thirty days of holiday.");
  await trainToEnd(user, documentId);
});
afterAll(async () => {
  await sql?.end({ timeout: 1 });
  await stack?.stop();
  provider?.[Symbol.dispose]();
  await cluster?.destroy();
});

async function setReadOnly(isOn: boolean): Promise<void> {
  await sql.unsafe(`alter system set default_transaction_read_only = ${isOn ? "on" : "off"}`);
  await sql`select pg_reload_conf()`;
  await until("the server to have read it", async () => {
    const rows = await stack.database.query<{ is_on: boolean }>(
      "select current_setting('default_transaction_read_only')::boolean as is_on",
    );
    return rows[0]!.is_on === isOn;
  });
}

/** How many rows there are of what a request could have written. */
async function countRows(): Promise<unknown> {
  const rows = await stack.database.query(
    `select (select count(*)::integer from public.vault_documents) as documents,
       (select count(*)::integer from public.mono_training_jobs) as trainings,
       (select count(*)::integer from private.jobs) as jobs,
       (select count(*)::integer from storage.objects) as objects`,
  );
  return rows[0];
}

describe("a database that takes no writes for a while", () => {
  test("still answers what is read, refuses what is written, and goes on by itself", async () => {
    const held = Promise.withResolvers<void>();
    provider.answer = async (call) => {
      if (call.texts.some((text) => text.includes("second"))) await held.promise;
      return embed(call);
    };
    const second = await addDocument(user, "The second passage.");
    const { id } = await train(user, second);
    await until("the job to be held", async () => {
      return (await getJob(user, id)).status === "processing";
    });
    const before = await countRows();

    await setReadOnly(true);
    const { data: documents } = await user.client.from("vault_documents").select("id");
    const found = await callFunction("search", { user, body: { query: "days of holiday" } });
    const files = await callFunction("training-files", { user, method: "GET" });
    const asked = await callFunction("training-library/train-for-doc", {
      user,
      body: { vaultDocumentId: documentId },
    });
    const inserted = await user.client.from("projects")
      .insert({ org_id: user.orgId, name: "Roof" });
    const uploaded = await user.client.storage.from("documents")
      .upload(`${user.orgId}/${crypto.randomUUID()}/a.md`, new Uint8Array([65]));
    held.resolve();
    // Long enough for the lease of the job, whose result can be written by nobody.
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    const meanwhile = await countRows();
    await setReadOnly(false);
    const done = await waitForJob(user, id, "completed");

    expect(documents).toHaveLength(2);
    expect(found.status, found.text).toBe(200);
    expect(found.body.matches).toMatchObject([{ source: "chunk" }]);
    expect(files.status, files.text).toBe(200);
    expectError(asked, 503, "DATABASE_UNAVAILABLE");
    expect(inserted.error?.code).toBe("25006");
    expect(uploaded.error).not.toBeNull();
    expect(meanwhile).toEqual(before);
    expect(done.error_message).toBeNull();
    const { data: chunks } = await user.client.from("mono_training_chunks").select("content")
      .eq("vault_document_id", second).throwOnError();
    expect(chunks).toEqual([{ content: "The second passage." }]);
    await trainToEnd(user, await addDocument(user, "The third passage."));
  });
});
