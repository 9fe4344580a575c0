import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { expectError } from "../http/support/expect-error.ts";
import { addConversation, addConversations } from "../support/conversations.ts";
import { type OwnStack, startOwnStack } from "../support/own-stack.ts";
import { enqueueSweep } from "../support/storage-faults.ts";
import {
  callFiles,
  change,
  createFile,
  download,
  fileOf,
  objectsOf,
  type TrainingFile,
} from "../support/training-files.ts";
import { createUser, type FunctionAnswer, type User } from "../support/user.ts";
import { expectQueued, getBuild, listIds, readFile, work } from "./support/file-builds.ts";
import { expectSweptAgreement } from "./support/storage-agreement.ts";

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

async function createLarge(): Promise<TrainingFile> {
  return await createFile(user, ids.slice(0, 80));
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
    expect(await getBuild(user, file.id)).toEqual({
      version: 2,
      state: "building",
      progress: 0,
      error: null,
    });
    const before = await download(user, file.id, { format: "json" });
    expect(JSON.parse(before.text).conversations).toHaveLength(80);
    expectError(await change(user, file.id, "remove", [ids[0]!]), 409, "TRAINING_FILE_BUSY");

    const report = await work(own);

    expect(report).toMatchObject({ completed: 1, failed: 0, remaining: 0 });
    expect(await getBuild(user, file.id)).toMatchObject({
      version: 2,
      state: "published",
      progress: 1,
    });
    const after = await download(user, file.id, { format: "json" });
    expect(JSON.parse(after.text).conversations).toHaveLength(81);
    const { body } = await callFiles(user, `/${file.id}/conversations`);
    expect(body.conversation_ids).toEqual(ids);
    await expectSweptAgreement(own);
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

    await work(own);

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
    expect(await work(own)).toMatchObject({ claimed: 0, remaining: 0 });
    const { updated_at: _, ...before } = file;
    expect(await readFile(user, file.id)).toEqual(before);
    await expectSweptAgreement(own);
    expectQueued(await change(user, file.id, "add", [ids[80]!]));
    await work(own);
    expect(await getBuild(user, file.id)).toMatchObject({ version: 3, state: "published" });
  });

  test("that is cancelled while it writes is published or cancelled, and leaves no orphan", async () => {
    const file = await createLarge();
    expectQueued(await change(user, file.id, "add", [ids[80]!]));
    const cancelled = Promise.withResolvers<FunctionAnswer>();
    await atObject(
      "training.json",
      () => cancelled.resolve(callFiles(user, `/${file.id}/build/cancel`, { method: "POST" })),
    );

    await work(own);

    const { status } = await cancelled.promise;
    const { version } = fileOf(await callFiles(user, `/${file.id}`), 200);
    expect([[200, 1], [409, 2]]).toContainEqual([status, version]);
    expect((await getBuild(user, file.id)).state).toBe(status === 200 ? "cancelled" : "published");
    await query("update storage.objects set updated_at = updated_at - interval '2 days'");
    await query("select private.enqueue_orphaned_objects()");
    await expectSweptAgreement(own);
    expect(await objectsOf(user.stack, file.id)).toHaveLength(3 * version);
  });

  test("whose file is deleted ends with the file, job and objects", async () => {
    const file = await createLarge();
    expectQueued(await change(user, file.id, "add", [ids[80]!]));

    const { status } = await callFiles(user, `/${file.id}`, { method: "DELETE" });

    expect(status).toBe(204);
    expect(await query("select from private.jobs where kind = 'build_training_file'")).toEqual([]);
    expect(await work(own)).toMatchObject({ claimed: 0, remaining: 0 });
    await expectSweptAgreement(own);
  });

  test("that a conversation makes impossible fails once and says why", async () => {
    const file = await createLarge();
    const broken = await addConversation(user, { content: "not JSON" });

    expectQueued(await change(user, file.id, "add", [broken]));
    const report = await work(own);

    expect(report).toMatchObject({ failed: 1, retried: 0, remaining: 0 });
    expect(await getBuild(user, file.id)).toMatchObject({
      state: "failed",
      error: { code: "CONVERSATION_INVALID", message: expect.stringContaining(broken) },
    });
    const { updated_at: _, ...before } = file;
    expect(await readFile(user, file.id)).toEqual(before);
    await expectSweptAgreement(own);
  });

  test("shows its file as processing until it ends, in the list where it was", async () => {
    const file = await createLarge();

    const answer = await change(user, file.id, "add", [ids[80]!]);

    expectQueued(answer);
    expect(fileOf(answer, 202)).toMatchObject({ status: "processing", version: 1 });
    expect(await readFile(user, file.id)).toMatchObject({ status: "processing", version: 1 });
    expect(await listIds(user, "active")).toContain(file.id);
    expect(await listIds(user, "processing")).toContain(file.id);
    expect(await listIds(user, "archived")).not.toContain(file.id);
    const archive = { method: "PATCH", body: { status: "archived" } };
    expectError(await callFiles(user, `/${file.id}`, archive), 409, "TRAINING_FILE_BUSY");

    await work(own);

    expect(await readFile(user, file.id)).toMatchObject({ status: "active", version: 2 });
    expect(await listIds(user, "processing")).not.toContain(file.id);
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
      const during = [await listIds(user, "archived"), await listIds(user, "active")];

      if (end === "publishes") await work(own);
      else await callFiles(user, `/${file.id}/build/cancel`, { method: "POST" });

      expect(during[0]).toContain(file.id);
      expect(during[1]).not.toContain(file.id);
      expect(await readFile(user, file.id)).toMatchObject({ status: "archived" });
      expect(await listIds(user, "active")).not.toContain(file.id);
      await work(own);
    },
  );

  test("whose job has died does not keep the file busy", async () => {
    const file = await createLarge();
    expectQueued(await change(user, file.id, "add", [ids[80]!]));
    await query(
      "select private.complete_job(job, 'dead') from private.jobs as job where kind = 'build_training_file'",
    );

    await enqueueSweep(own.stack);

    expect(await getBuild(user, file.id)).toMatchObject({
      state: "failed",
      error: { code: "BUILD_LOST" },
    });
    fileOf(await change(user, file.id, "remove", [ids[0]!]), 200);
    await expectSweptAgreement(own);
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

    await work(own);

    expect(fileOf(await callFiles(user, `/${id}`), 200)).toMatchObject({
      status: "active",
      version: 1,
      conversation_count: 3,
    });
    fileOf(await callFiles(user, "", { body, headers }), 201);
    await expectSweptAgreement(own);
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

    await Promise.all([work(own).catch(() => undefined), killed.promise]);
    const meanwhile = await getBuild(user, file.id);
    await query(
      "update private.jobs set visible_at = now() - interval '1 second' where lease_token is not null",
    );
    const report = await work(own);

    expect(meanwhile).toMatchObject({ version: 2, state: "building" });
    expect(report).toMatchObject({ completed: 1, failed: 0 });
    expect(await getBuild(user, file.id)).toMatchObject({ version: 2, state: "published" });
    const { body } = await callFiles(user, `/${file.id}/versions`);
    expect(body.versions).toHaveLength(2);
    const json = await download(user, file.id, { format: "json" });
    expect(JSON.parse(json.text).conversations).toHaveLength(81);
    await expectSweptAgreement(own);
  });
});
