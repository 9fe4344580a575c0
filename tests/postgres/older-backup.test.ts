import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { type Stack, startStack } from "../../local/stack.ts";
import { postgresProgram } from "../../scripts/support/postgres-program.ts";
import { runProgram } from "../../scripts/support/run-program.ts";
import { createEmptyDatabase, type EmptyDatabase } from "../database/support/empty-database.ts";
import { addConversation } from "../support/conversations.ts";
import { embed, type EmbeddingServer, startEmbeddingServer } from "../support/embedding-server.ts";
import {
  change,
  createFile,
  download,
  fileOf,
  sha256Of,
  type TrainingFile,
} from "../support/training-files.ts";
import { getJob, train, waitForJob } from "../support/training.ts";
import { until } from "../support/until.ts";
import { addDocument, addressOf, adminOf, createUser, type User } from "../support/user.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 90_000 });

let folder: string;
let old: EmptyDatabase;
let restored: EmptyDatabase;
let provider: EmbeddingServer;
let stack: Stack;
let user: User;
let file: TrainingFile;
let conversations: string[];
let documentId: string;
let trainingId: string;
let cronJobs: unknown[];

const start = (databaseUrl: string, port = 0) =>
  startStack({
    port,
    data: `${folder}/data`,
    databaseUrl,
    cron: true,
    env: {
      EMBEDDING_BASE_URL: provider.url,
      EMBEDDING_MODEL: "scripted",
      JOB_LEASE_SECONDS: "2",
      JOB_TICK_SECONDS: "1",
    },
  });
const listCronJobs = () =>
  stack.database.query("select jobname, schedule, command from cron.job order by jobname");

beforeAll(async () => {
  folder = await Deno.makeTempDir({ prefix: "maestro-backup-" });
  provider = startEmbeddingServer();
  [old, restored] = await Promise.all([createEmptyDatabase(), createEmptyDatabase()]);
  stack = await start(old.url!);
  user = await createUser(addressOf(stack));
  conversations = [await addConversation(user), await addConversation(user)];
  file = await createFile(user, conversations.slice(0, 1));
  cronJobs = await listCronJobs();

  // The backup is made while a job is under way.
  const held = Promise.withResolvers<void>();
  provider.answer = async (call) => {
    await held.promise;
    return embed(call);
  };
  documentId = await addDocument(user, "One passage.");
  ({ id: trainingId } = await train(user, documentId));
  await until("the job to be held", async () => {
    return (await getJob(user, trainingId)).status === "processing";
  });
  await runProgram(await postgresProgram("pg_dump"), [
    old.url!,
    "--format=custom",
    `--file=${folder}/backup`,
  ]);

  // What came after it is lost to the database, and not to the objects.
  held.resolve();
  await waitForJob(user, trainingId, "completed");
  fileOf(await change(user, file.id, "add", conversations.slice(1)), 200);
  const { port } = new URL(stack.url);
  await stack.stop();
  await runProgram(await postgresProgram("pg_restore"), [
    `--dbname=${restored.url}`,
    `${folder}/backup`,
  ]);
  stack = await start(restored.url!, Number(port));
});
afterAll(async () => {
  await stack?.stop();
  provider?.[Symbol.dispose]();
  for (const db of [old, restored]) await db?.[Symbol.asyncDispose]();
  await Deno.remove(folder, { recursive: true });
});

describe("a database that is restored to an older backup", () => {
  test("does the job that was under way again, once", async () => {
    await waitForJob(user, trainingId, "completed");

    const { data: chunks } = await user.client.from("mono_training_chunks").select("content")
      .eq("vault_document_id", documentId).throwOnError();
    expect(chunks).toEqual([{ content: "One passage." }]);
    const ends = await stack.database.query(
      "select outcome from private.job_history where dedupe_key = $1",
      [documentId],
    );
    expect(ends).toEqual([{ outcome: "completed" }]);
  });

  test("gives the version that it knows, and builds the lost one anew over its objects", async () => {
    const before = await download(user, file.id, { format: "jsonl" });
    const built = fileOf(await change(user, file.id, "add", conversations.slice(1)), 200);
    const after = await download(user, file.id, { format: "jsonl" });

    expect(await sha256Of(before.bytes)).toBe(before.sha256);
    expect(built).toMatchObject({ version: file.version + 1, conversation_count: 2 });
    expect(await sha256Of(after.bytes)).toBe(after.sha256);
    expect(after.text).not.toBe(before.text);
  });

  test("has each cron job once", async () => {
    expect(await listCronJobs()).toEqual(cronJobs);
  });

  test("sweeps objects of the time after it, whose rows came back without theirs", async () => {
    const path = `${file.id}/v9/training.json`;
    await adminOf(addressOf(stack)).storage.from("training-files")
      .upload(path, new TextEncoder().encode("{}"), { contentType: "application/json" });
    await stack.database.query(
      "update storage.objects set updated_at = now() - interval '2 days' where name = $1",
      [path],
    );

    await stack.database.query(
      "select private.enqueue_orphaned_objects(), private.enqueue_storage_sweep()",
    );

    await until("the object to be gone", async () => {
      const left = await stack.database.query("select from storage.objects where name = $1", [
        path,
      ]);
      return left.length === 0;
    });
  });
});
