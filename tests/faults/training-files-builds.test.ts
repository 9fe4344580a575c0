import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { expectError } from "../http/support/expect-error.ts";
import { callWorker } from "../support/call-worker.ts";
import {
  addConversation,
  addConversations,
  enrichedConversation,
  uploadConversation,
} from "../support/conversations.ts";
import { type OwnStack, startOwnStack } from "../support/own-stack.ts";
import { enqueueSweep, readBucket } from "../support/storage-faults.ts";
import {
  callFiles,
  change,
  createFile,
  download,
  fileOf,
  objectsOf,
  type TrainingFile,
} from "../support/training-files.ts";
import { until } from "../support/until.ts";
import { createUser, type FunctionAnswer, type User } from "../support/user.ts";

let own: OwnStack;
let user: User;
/** 81 conversations, of which a request takes 80. */
let ids: string[];
let onStep: () => void = () => undefined;

beforeAll(async () => {
  own = await startOwnStack({ cron: false });
  user = await createUser(own.address);
  ids = await addConversations(user, 81, { pairs: 1 });
  await own.stack.database.listen("training_files_test", () => onStep());
});
afterAll(() => own[Symbol.asyncDispose]());

const query = (statement: string, parameters: unknown[] = []) =>
  own.stack.database.query(statement, parameters);

/** Has a worker do what is due. */
async function work(kinds?: string[]) {
  return (await callWorker(own.address, kinds && { kinds })).body;
}

async function getBuild(id: string) {
  const { body } = await callFiles(user, `/${id}/build`);
  return body.build as { version: number; state: string; progress: number; error: unknown };
}

/** Sweeps and then holds storage and database to each other. */
async function expectAgreement() {
  await query("update private.storage_outbox set due_at = now()");
  await enqueueSweep(own.stack);
  await work();
  const { objects, named, outbox } = await readBucket(own.stack);
  expect(objects).toEqual(named);
  expect(outbox).toEqual([]);
}

/** A file without the time of its last change: a build that came to nothing moves that alone. */
async function readFile(id: string) {
  const { updated_at: _, ...file } = fileOf(await callFiles(user, `/${id}`), 200);
  return file;
}

async function listIds(status: string): Promise<string[]> {
  const { body } = await callFiles(user, `?status=${status}&limit=200`);
  return (body.files as TrainingFile[]).map((file) => file.id);
}

async function createLarge(): Promise<TrainingFile> {
  return await createFile(user, ids.slice(0, 80));
}

function expectQueued({ status, body, text }: FunctionAnswer) {
  expect(status, text).toBe(202);
  expect(body.job).toMatchObject({ kind: "build_training_file", status: "queued", progress: 0 });
}

/** Calls `step` once, the moment that an object of this name is committed. */
async function atObject(name: string, step: () => void) {
  onStep = () => {
    onStep = () => undefined;
    step();
  };
  await own.stack.database.exec(`
    create or replace function private.notify_test() returns trigger language plpgsql as $$
    begin perform pg_notify('training_files_test', ''); return null; end $$;
    drop trigger if exists notify_test on storage.objects;
    create trigger notify_test after insert on storage.objects for each row
      when (new.bucket_id = 'training-files' and new.name like '%/${name}')
      execute function private.notify_test();`);
}

describe("a build of more than 80 conversations", () => {
  test("is queued, and the old version stays until the new one is whole", async () => {
    const file = await createLarge();

    const answer = await change(user, file.id, "add", [ids[80]!]);

    expectQueued(answer);
    expect(await getBuild(file.id)).toEqual({
      version: 2,
      state: "building",
      progress: 0,
      error: null,
    });
    const before = await download(user, file.id, { format: "json" });
    expect(JSON.parse(before.text).conversations).toHaveLength(80);
    expectError(await change(user, file.id, "remove", [ids[0]!]), 409, "TRAINING_FILE_BUSY");

    const report = await work();

    expect(report).toMatchObject({ completed: 1, failed: 0, remaining: 0 });
    expect(await getBuild(file.id)).toMatchObject({ version: 2, state: "published", progress: 1 });
    const after = await download(user, file.id, { format: "json" });
    expect(JSON.parse(after.text).conversations).toHaveLength(81);
    const { body } = await callFiles(user, `/${file.id}/conversations`);
    expect(body.conversation_ids).toEqual(ids);
    await expectAgreement();
  });

  test("shows its progress", async () => {
    const file = await createLarge();
    expectQueued(await change(user, file.id, "add", [ids[80]!]));
    const seen: number[] = [];
    await own.stack.database.exec(`
      create table private.progress_seen (progress real);
      create function private.see_progress() returns trigger language plpgsql as $$
      begin insert into private.progress_seen values (new.progress); return null; end $$;
      create trigger see_progress after update of progress on public.training_file_versions
        for each row execute function private.see_progress();
      grant all on private.progress_seen to public;`);

    await work();

    for (const { progress } of await query("select progress from private.progress_seen")) {
      seen.push(Number(progress));
    }
    await own.stack.database.exec(`
      drop trigger see_progress on public.training_file_versions;
      drop function private.see_progress; drop table private.progress_seen;`);
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
    expect(seen.filter((share) => share > 0 && share < 1)).not.toEqual([]);
    expect(seen.at(-1)).toBe(1);
  });

  test("that is cancelled before it began leaves the old version", async () => {
    const file = await createLarge();
    expectQueued(await change(user, file.id, "add", [ids[80]!]));

    const { status, body } = await callFiles(user, `/${file.id}/build/cancel`, { method: "POST" });

    expect(status).toBe(200);
    expect(body.build).toMatchObject({ version: 2, state: "cancelled" });
    expect(await work()).toMatchObject({ claimed: 0, remaining: 0 });
    const { updated_at: _, ...before } = file;
    expect(await readFile(file.id)).toEqual(before);
    await expectAgreement();
    expectQueued(await change(user, file.id, "add", [ids[80]!]));
    await work();
    expect(await getBuild(file.id)).toMatchObject({ version: 3, state: "published" });
  });

  test("that is cancelled while it writes is published or cancelled, and leaves no orphan", async () => {
    const file = await createLarge();
    expectQueued(await change(user, file.id, "add", [ids[80]!]));
    const cancelled = Promise.withResolvers<FunctionAnswer>();
    await atObject(
      "training.json",
      () => cancelled.resolve(callFiles(user, `/${file.id}/build/cancel`, { method: "POST" })),
    );

    await work();

    const { status } = await cancelled.promise;
    const { version } = fileOf(await callFiles(user, `/${file.id}`), 200);
    expect([[200, 1], [409, 2]]).toContainEqual([status, version]);
    expect((await getBuild(file.id)).state).toBe(status === 200 ? "cancelled" : "published");
    await query("update storage.objects set updated_at = updated_at - interval '2 days'");
    await query("select private.enqueue_orphaned_objects()");
    await expectAgreement();
    expect(await objectsOf(user.stack, file.id)).toHaveLength(3 * version);
  });

  test("whose file is deleted ends with the file, job and objects", async () => {
    const file = await createLarge();
    expectQueued(await change(user, file.id, "add", [ids[80]!]));

    const { status } = await callFiles(user, `/${file.id}`, { method: "DELETE" });

    expect(status).toBe(204);
    expect(await query("select from private.jobs where kind = 'build_training_file'")).toEqual([]);
    expect(await work()).toMatchObject({ claimed: 0, remaining: 0 });
    await expectAgreement();
  });

  test("that a conversation makes impossible fails once and says why", async () => {
    const file = await createLarge();
    const broken = await addConversation(user, { content: "not JSON" });

    expectQueued(await change(user, file.id, "add", [broken]));
    const report = await work();

    expect(report).toMatchObject({ failed: 1, retried: 0, remaining: 0 });
    expect(await getBuild(file.id)).toMatchObject({
      state: "failed",
      error: { code: "CONVERSATION_INVALID", message: expect.stringContaining(broken) },
    });
    const { updated_at: _, ...before } = file;
    expect(await readFile(file.id)).toEqual(before);
    await expectAgreement();
  });

  test("shows its file as processing until it ends, in the list where it was", async () => {
    const file = await createLarge();

    const answer = await change(user, file.id, "add", [ids[80]!]);

    expectQueued(answer);
    expect(fileOf(answer, 202)).toMatchObject({ status: "processing", version: 1 });
    expect(await readFile(file.id)).toMatchObject({ status: "processing", version: 1 });
    expect(await listIds("active")).toContain(file.id);
    expect(await listIds("processing")).toContain(file.id);
    expect(await listIds("archived")).not.toContain(file.id);
    const archive = { method: "PATCH", body: { status: "archived" } };
    expectError(await callFiles(user, `/${file.id}`, archive), 409, "TRAINING_FILE_BUSY");

    await work();

    expect(await readFile(file.id)).toMatchObject({ status: "active", version: 2 });
    expect(await listIds("processing")).not.toContain(file.id);
  });

  test.each(["publishes", "is cancelled"])(
    "of an archived file leaves it archived when it %s",
    async (end) => {
      const file = await createLarge();
      fileOf(
        await callFiles(user, `/${file.id}`, { method: "PATCH", body: { status: "archived" } }),
        200,
      );
      expectQueued(await change(user, file.id, "add", [ids[80]!]));
      const during = [await listIds("archived"), await listIds("active")];

      if (end === "publishes") await work();
      else await callFiles(user, `/${file.id}/build/cancel`, { method: "POST" });

      expect(during[0]).toContain(file.id);
      expect(during[1]).not.toContain(file.id);
      expect(await readFile(file.id)).toMatchObject({ status: "archived" });
      expect(await listIds("active")).not.toContain(file.id);
      await work();
    },
  );

  test("whose job has died does not keep the file busy", async () => {
    const file = await createLarge();
    expectQueued(await change(user, file.id, "add", [ids[80]!]));
    await query(
      "select private.complete_job(job, 'dead') from private.jobs as job where kind = 'build_training_file'",
    );

    await enqueueSweep(own.stack);

    expect(await getBuild(file.id)).toMatchObject({
      state: "failed",
      error: { code: "BUILD_LOST" },
    });
    fileOf(await change(user, file.id, "remove", [ids[0]!]), 200);
    await expectAgreement();
  });
});

describe("a build of more than 5 MB", () => {
  test("is queued when it is the first, with nothing to download yet", async () => {
    const large = await addConversations(user, 3, { padding: "x ".repeat(1024 * 1024), pairs: 1 });
    const key = crypto.randomUUID();
    const body = { name: `File ${key}`, conversation_ids: large };
    const headers = { "idempotency-key": key };

    const answer = await callFiles(user, "", { body, headers });
    const again = await callFiles(user, "", { body, headers });

    expectQueued(answer);
    expectQueued(again);
    const { id, status } = answer.body.trainingFile as TrainingFile;
    expect(again.body).toEqual(answer.body);
    expect(status).toBe("processing");
    const early = await callFiles(user, `/${id}/download?format=json`);
    expectError(early, 409, "TRAINING_FILE_BUSY");

    await work();

    expect(fileOf(await callFiles(user, `/${id}`), 200)).toMatchObject({
      status: "active",
      version: 1,
      conversation_count: 3,
    });
    fileOf(await callFiles(user, "", { body, headers }), 201);
    await expectAgreement();
  });
});

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
    expect(await work()).toMatchObject({ failed: 1, retried: 0 });

    expect(await readFile(id)).toMatchObject({ status: "failed", version: 0 });
    expect(await getBuild(id)).toMatchObject({
      version: 1,
      state: "failed",
      error: { code: "CONVERSATION_INVALID", message: expect.stringContaining(broken) },
    });
    expect(await listIds("failed")).toContain(id);
    expect(await listIds("active")).not.toContain(id);
    expectError(
      await callFiles(user, `/${id}/download?format=json`),
      409,
      "TRAINING_FILE_BUSY",
    );
    const activate = { method: "PATCH", body: { status: "active" } };
    expectError(await callFiles(user, `/${id}`, activate), 409, "TRAINING_FILE_BUSY");
    const { body: members } = await callFiles(user, `/${id}/conversations`);
    expect(members.conversation_ids).toEqual([large, broken]);
    await expectAgreement();
  });

  test("answers a repeat of its request with the file and the failed job", async () => {
    await work();

    const again = await callFiles(user, "", { body, headers });

    expect(again.status, again.text).toBe(202);
    expect(again.body).toMatchObject({
      trainingFile: { id, status: "failed" },
      job: { id: (begun.body.job as { id: string }).id, status: "failed" },
    });
  });

  test("is built when what broke it is removed", async () => {
    await work();

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
    await expectAgreement();
  });

  test("is tried again with the same conversations when one of them is added anew", async () => {
    await work();
    await uploadConversation(user, broken, enrichedConversation({ padding, pairs: 1 }));

    expectQueued(await change(user, id, "add", [broken]));

    expect(await readFile(id)).toMatchObject({ status: "processing", version: 0 });
    await work();
    expect(await readFile(id)).toMatchObject({ status: "active", conversation_count: 2 });
    await expectAgreement();
  });

  test("stays failed when the next attempt fails in its request", async () => {
    await work();
    const other = await addConversation(user, { content: "not JSON either" });

    expectError(await change(user, id, "remove", [large]), 400, "CONVERSATION_INVALID");

    expect(await readFile(id)).toMatchObject({ status: "failed", version: 0 });
    expect(await getBuild(id)).toMatchObject({
      version: 2,
      state: "failed",
      error: { code: "CONVERSATION_INVALID", message: expect.stringContaining(broken) },
    });
    expectError(await change(user, id, "add", [other]), 400, "CONVERSATION_INVALID");
    expect(await getBuild(id)).toMatchObject({ version: 3, state: "failed" });
    await expectAgreement();
  });

  test("says cancelled when it was", async () => {
    const { status } = await callFiles(user, `/${id}/build/cancel`, { method: "POST" });

    expect(status).toBe(200);
    expect(await getBuild(id)).toMatchObject({ state: "cancelled", error: null });
    expect(await readFile(id)).toMatchObject({ status: "failed", version: 0 });
    await expectAgreement();
  });

  test("gives the reason of a job that has died", async () => {
    await query(
      `select private.complete_job(job, 'dead', '{"code": "INTERNAL_ERROR", "message": "Why"}')
       from private.jobs as job where kind = 'build_training_file'`,
    );

    await enqueueSweep(own.stack);

    expect(await getBuild(id)).toMatchObject({
      state: "failed",
      error: { code: "INTERNAL_ERROR", message: "Why" },
    });
    expect(await readFile(id)).toMatchObject({ status: "failed" });
    await expectAgreement();
  });

  test("frees its name when it is deleted", async () => {
    await work();

    const { status } = await callFiles(user, `/${id}`, { method: "DELETE" });

    expect(status).toBe(204);
    const answer = await callFiles(user, "", { body: { ...body, conversation_ids: [large] } });
    fileOf(answer, 201);
    await expectAgreement();
  });
});

describe("a worker that is killed", () => {
  const steps = ["training.json", "training.jsonl", "manifest.json"];

  test.each(steps)("once %s is stored is followed by one that publishes once", async (name) => {
    const file = await createLarge();
    expectQueued(await change(user, file.id, "add", [ids[80]!]));
    const pid = await own.stack.functions.pid("process-jobs");
    const killed = Promise.withResolvers<void>();
    await atObject(name, () => {
      Deno.kill(pid, "SIGKILL");
      killed.resolve();
    });

    await Promise.all([work().catch(() => undefined), killed.promise]);
    const meanwhile = await getBuild(file.id);
    await query(
      "update private.jobs set visible_at = now() - interval '1 second' where lease_token is not null",
    );
    const report = await work();

    expect(meanwhile).toMatchObject({ version: 2, state: "building" });
    expect(report).toMatchObject({ completed: 1, failed: 0 });
    expect(await getBuild(file.id)).toMatchObject({ version: 2, state: "published" });
    const { body } = await callFiles(user, `/${file.id}/versions`);
    expect(body.versions).toHaveLength(2);
    const json = await download(user, file.id, { format: "json" });
    expect(JSON.parse(json.text).conversations).toHaveLength(81);
    await expectAgreement();
  });
});

describe("a conversation that is enriched again", () => {
  let id: string;
  let file: TrainingFile;

  beforeEach(async () => {
    await query("delete from private.jobs");
    id = await addConversation(user, { pairs: 2 });
    file = await createFile(user, [id]);
  });

  async function setPolicy(stale_policy: string) {
    fileOf(
      await callFiles(user, `/${file.id}`, { method: "PATCH", body: { stale_policy } }),
      200,
    );
  }

  async function enrichAgain(pairs = 3) {
    await uploadConversation(user, id, enrichedConversation({ pairs }));
    const { error } = await user.client.from("conversations")
      .update({ enrichment_status: "completed" }).eq("conversation_id", id);
    expect(error).toBeNull();
  }

  const now = async () => fileOf(await callFiles(user, `/${file.id}`), 200);
  const jobs = () => query("select from private.jobs where kind = 'rebuild_training_file'");

  test("makes its file stale, and the next version fresh", async () => {
    await enrichAgain();

    expect(await now()).toMatchObject({ version: 1, stale: true, total_training_pairs: 2 });
    expect(await jobs()).toHaveLength(0);
    const added = fileOf(await change(user, file.id, "add", [ids[0]!]), 200);
    expect(added).toMatchObject({ version: 2, stale: false, total_training_pairs: 4 });
    const { body } = await callFiles(user, `/${file.id}/versions/1/diff/2`);
    expect(body.diff).toMatchObject({
      added: [ids[0]],
      changed: [{ conversation_id: id, pairs_delta: 1 }],
    });
  });

  test("makes its file stale when it begins, and has nothing rebuilt before it ends", async () => {
    await setPolicy("rebuild");

    await user.client.from("conversations").update({ enrichment_status: "enrichment_in_progress" })
      .eq("conversation_id", id);

    expect(await now()).toMatchObject({ version: 1, stale: true });
    expect(await jobs()).toHaveLength(0);
  });

  test("does nothing to a file that ignores it", async () => {
    await setPolicy("ignore");

    await enrichAgain();

    expect(await now()).toMatchObject({ version: 1, stale: false });
    expect(await jobs()).toHaveLength(0);
  });

  test("has its file rebuilt after a quiet minute, once for many changes", async () => {
    await setPolicy("rebuild");
    await enrichAgain(3);
    await enrichAgain(4);
    expect(await work()).toMatchObject({ claimed: 0 });

    expect(await jobs()).toHaveLength(1);
    await query("update private.jobs set visible_at = now() - interval '1 second'");
    await until("the version", async () => (await work()).remaining === 0);

    expect(await now()).toMatchObject({ version: 2, stale: false, total_training_pairs: 4 });
    const { body } = await callFiles(user, `/${file.id}/versions`);
    expect(body.versions).toMatchObject([{ version: 2, change: "rebuilt" }, { version: 1 }]);
    await expectAgreement();
  });

  test("whose new content is broken leaves the file stale, with the old version", async () => {
    await setPolicy("rebuild");
    await uploadConversation(user, id, "broken");
    await user.client.from("conversations").update({ enrichment_status: "completed" })
      .eq("conversation_id", id);

    await query("update private.jobs set visible_at = now() - interval '1 second'");
    await until("the end", async () => (await work()).remaining === 0);

    expect(await now()).toMatchObject({ version: 1, stale: true });
    expect(await getBuild(file.id)).toMatchObject({
      state: "failed",
      error: { code: "CONVERSATION_INVALID" },
    });
    await expectAgreement();
  });

  test("does not disturb a file that was deleted meanwhile", async () => {
    await setPolicy("rebuild");
    await enrichAgain();

    const { status } = await callFiles(user, `/${file.id}`, { method: "DELETE" });

    expect(status).toBe(204);
    expect(await jobs()).toHaveLength(0);
  });
});
