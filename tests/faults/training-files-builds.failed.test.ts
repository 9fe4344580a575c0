import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { expectError } from "../http/support/expect-error.ts";
import {
  addConversation,
  enrichedConversation,
  uploadConversation,
} from "../support/conversations.ts";
import { type OwnStack, startOwnStack } from "../support/own-stack.ts";
import { enqueueSweep } from "../support/storage-faults.ts";
import {
  callFiles,
  change,
  download,
  fileOf,
  type TrainingFile,
} from "../support/training-files.ts";
import { adminOf, createUser, type FunctionAnswer, type User } from "../support/user.ts";
import { expectQueued, getBuild, listIds, readFile, work } from "./support/file-builds.ts";
import { sabotage } from "./support/sabotage.ts";
import { expectSweptAgreement } from "./support/storage-agreement.ts";

let own: OwnStack;
let user: User;

beforeAll(async () => {
  own = await startOwnStack({ cron: false });
  user = await createUser(own.address);
});
afterAll(() => own[Symbol.asyncDispose]());

const query = (statement: string, parameters: unknown[] = []) =>
  own.stack.database.query(statement, parameters);

describe("a first build that is queued and comes to nothing", () => {
  /** 3 MB: two of them are a job, one is not. */
  const padding = "x ".repeat(1_500_000);
  let large: string;
  let broken: string;
  let begun: FunctionAnswer;
  let id: string;
  const headers = { "idempotency-key": crypto.randomUUID() };
  const body: Record<string, unknown> = { name: "Comes to nothing" };

  beforeEach(async () => {
    headers["idempotency-key"] = crypto.randomUUID();
    large = await addConversation(user, { padding, pairs: 1 });
    broken = await addConversation(user, { content: `not JSON ${padding}` });
    body.name = `File ${crypto.randomUUID()}`;
    body.conversation_ids = [large, broken];
    begun = await callFiles(user, "", { body, headers });
    expectQueued(begun);
    id = (begun.body.trainingFile as TrainingFile).id;
  });

  test("leaves a failed file that says why", async () => {
    expect(await work(own)).toMatchObject({ failed: 1, retried: 0 });

    expect(await readFile(user, id)).toMatchObject({ status: "failed", version: 0 });
    expect(await getBuild(user, id)).toMatchObject({
      version: 1,
      state: "failed",
      error: { code: "CONVERSATION_INVALID", message: expect.stringContaining(broken) },
    });
    expect(await listIds(user, "failed")).toContain(id);
    expect(await listIds(user, "active")).not.toContain(id);
    expectError(
      await callFiles(user, `/${id}/download?format=json`),
      409,
      "TRAINING_FILE_BUSY",
    );
    const activate = { method: "PATCH", body: { status: "active" } };
    expectError(await callFiles(user, `/${id}`, activate), 409, "TRAINING_FILE_BUSY");
    const { body: members } = await callFiles(user, `/${id}/conversations`);
    expect(members.conversation_ids).toEqual([large, broken]);
    await expectSweptAgreement(own);
  });

  test("answers a repeat of its request with the file and the failed job", async () => {
    await work(own);

    const again = await callFiles(user, "", { body, headers });

    expect(again.status, again.text).toBe(202);
    expect(again.body).toMatchObject({
      trainingFile: { id, status: "failed" },
      job: { id: (begun.body.job as { id: string }).id, status: "failed" },
    });
  });

  test("is built when what broke it is removed", async () => {
    await work(own);

    const removed = fileOf(await change(user, id, "remove", [broken]), 200);

    expect(removed).toMatchObject({ status: "active", version: 2, conversation_count: 1 });
    const { body: members } = await callFiles(user, `/${id}/conversations`);
    expect(members.conversation_ids).toEqual([large]);
    const { body: listed } = await callFiles(user, `/${id}/versions`);
    expect(listed.versions).toMatchObject([{ version: 2 }]);
    const json = JSON.parse((await download(user, id, { format: "json" })).text);
    const { body: manifest } = await callFiles(user, `/${id}/versions/2/manifest`);
    expect(manifest.manifest).toMatchObject({
      created_date: json.training_file_metadata.created_date,
    });
    fileOf(await callFiles(user, "", { body, headers }), 201);
    await expectSweptAgreement(own);
  });

  test("is tried again with the same conversations when one of them is added anew", async () => {
    await work(own);
    await uploadConversation(user, broken, enrichedConversation({ padding, pairs: 1 }));

    expectQueued(await change(user, id, "add", [broken]));

    expect(await readFile(user, id)).toMatchObject({ status: "processing", version: 0 });
    await work(own);
    expect(await readFile(user, id)).toMatchObject({ status: "active", conversation_count: 2 });
    await expectSweptAgreement(own);
  });

  test("stays failed when the next attempt fails in its request", async () => {
    await work(own);
    const other = await addConversation(user, { content: "not JSON either" });

    expectError(await change(user, id, "remove", [large]), 400, "CONVERSATION_INVALID");

    expect(await readFile(user, id)).toMatchObject({ status: "failed", version: 0 });
    expect(await getBuild(user, id)).toMatchObject({
      version: 2,
      state: "failed",
      error: { code: "CONVERSATION_INVALID", message: expect.stringContaining(broken) },
    });
    expectError(await change(user, id, "add", [other]), 400, "CONVERSATION_INVALID");
    expect(await getBuild(user, id)).toMatchObject({ version: 3, state: "failed" });
    await expectSweptAgreement(own);
  });

  test("says cancelled when it was", async () => {
    const { status } = await callFiles(user, `/${id}/build/cancel`, { method: "POST" });

    expect(status).toBe(200);
    expect(await getBuild(user, id)).toMatchObject({ state: "cancelled", error: null });
    expect(await readFile(user, id)).toMatchObject({ status: "failed", version: 0 });
    await expectSweptAgreement(own);
  });

  test("gives the reason of a job that has died", async () => {
    await query(
      `select private.complete_job(job, 'dead', '{"code": "INTERNAL_ERROR", "message": "Why"}')
       from private.jobs as job where kind = 'build_training_file'`,
    );

    await enqueueSweep(own.stack);

    expect(await getBuild(user, id)).toMatchObject({
      state: "failed",
      error: { code: "INTERNAL_ERROR", message: "Why" },
    });
    expect(await readFile(user, id)).toMatchObject({ status: "failed" });
    await expectSweptAgreement(own);
  });

  test("ends again when an operator retries its job, and holds up no other build", async () => {
    await work(own);

    await adminOf(own.address)
      .rpc("retry_dead_jobs", { p_filter: { kind: "build_training_file" } }).throwOnError();

    expect(await work(own)).toMatchObject({ completed: 0, released: 0, remaining: 0 });
    expect(await getBuild(user, id)).toMatchObject({
      state: "failed",
      error: { code: "CONVERSATION_INVALID" },
    });
    await expectSweptAgreement(own);
  });

  test("frees its name when it is deleted", async () => {
    await work(own);

    const { status } = await callFiles(user, `/${id}`, { method: "DELETE" });

    expect(status).toBe(204);
    const answer = await callFiles(user, "", { body: { ...body, conversation_ids: [large] } });
    fileOf(answer, 201);
    await expectSweptAgreement(own);
  });
});

describe("a source that is read twice, and is gone the second time", () => {
  test("fails the build as changed", async () => {
    const padding = "x ".repeat(1_500_000);
    const ids = [
      await addConversation(user, { padding, pairs: 1 }),
      await addConversation(user, { padding, pairs: 1 }),
    ];
    const begun = await callFiles(user, "", {
      body: { name: `File ${crypto.randomUUID()}`, conversation_ids: ids },
    });
    expectQueued(begun);
    const repair: string[] = [];
    // Snapshots are stored between the two.
    await sabotage(
      own,
      repair,
      "public.conversation_snapshots",
      "after insert",
      "true",
      `delete from storage.objects where name like '%/${ids[1]}/enriched.json'; return null;`,
    );

    expect(await work(own)).toMatchObject({ failed: 1, retried: 0 });

    await own.stack.database.exec(repair.join(""));
    expect(await getBuild(user, (begun.body.trainingFile as TrainingFile).id)).toMatchObject({
      state: "failed",
      error: { code: "SOURCE_CHANGED", message: expect.stringContaining(ids[1]!) },
    });
    await expectSweptAgreement(own);
  });
});
