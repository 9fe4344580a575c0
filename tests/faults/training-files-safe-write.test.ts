import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { expectError } from "../http/support/expect-error.ts";
import {
  addConversation,
  enrichedConversation,
  uploadConversation,
} from "../support/conversations.ts";
import { type OwnStack, startOwnStack } from "../support/own-stack.ts";
import { expireBuilds, readBucket } from "../support/storage-faults.ts";
import {
  callFiles,
  change,
  createFile,
  download,
  fileOf,
  type TrainingFile,
} from "../support/training-files.ts";
import { createUser, type User } from "../support/user.ts";
import { expectUntouched } from "./support/expect-untouched.ts";
import { sabotage } from "./support/sabotage.ts";
import { expectAgreement, sweep } from "./support/storage-agreement.ts";

let own: OwnStack;
let user: User;
let ids: string[];
let file: TrainingFile;
let published: string;
/** Undoes the fault of a test. */
const repair: string[] = [];

beforeAll(async () => {
  own = await startOwnStack({ cron: false });
  user = await createUser(own.address);
});
afterAll(() => own[Symbol.asyncDispose]());

beforeEach(async () => {
  ids = [await addConversation(user), await addConversation(user), await addConversation(user)];
  file = await createFile(user, ids.slice(0, 1));
  published = (await download(user, file.id, { format: "json" })).text;
});
afterEach(async () => {
  for (const statement of repair.splice(0)) await own.stack.database.exec(statement);
});

const raise = "raise exception 'sabotage';";

describe("a build whose result cannot be recorded", () => {
  test("leaves the old version, and nothing else after the sweep", async () => {
    await sabotage(own, repair, "public.training_artifacts", "before insert", "true", raise);

    const answer = await change(user, file.id, "add", [ids[1]!]);

    expectError(answer, 500, "INTERNAL_ERROR");
    await expectUntouched(user, file, published);
    await sweep(own);
    await expectAgreement(own);
    expect((await readBucket(own.stack)).outbox).toEqual([]);
  });

  test("leaves no file when it was the first", async () => {
    await sabotage(own, repair, "public.training_artifacts", "before insert", "true", raise);
    const body = { name: `File ${crypto.randomUUID()}`, conversation_ids: ids };

    expectError(await callFiles(user, "", { body }), 500, "INTERNAL_ERROR");

    const { data } = await user.client.from("training_files").select("id").eq("name", body.name);
    expect(data).toEqual([]);
    await sweep(own);
    await expectAgreement(own);
    await own.stack.database.exec(repair.splice(0).join(""));
    fileOf(await callFiles(user, "", { body }), 201);
  });

  test("can be tried again at once", async () => {
    await sabotage(own, repair, "public.training_artifacts", "before insert", "true", raise);
    await change(user, file.id, "add", [ids[1]!]);
    await own.stack.database.exec(repair.splice(0).join(""));

    const again = fileOf(await change(user, file.id, "add", [ids[1]!]), 200);

    expect(again.conversation_count).toBe(2);
    await sweep(own);
    await expectAgreement(own);
  });
});

describe("storage that refuses", () => {
  test.each([
    ["the JSON", "training.json"],
    ["the JSONL", "training.jsonl"],
    ["the manifest", "manifest.json"],
  ])("%s leaves the old version and no orphan", async (_, name) => {
    const condition = `new.bucket_id = 'training-files' and new.name like '%/${name}'`;
    await sabotage(own, repair, "storage.objects", "before insert", condition, raise);

    const answer = await change(user, file.id, "add", [ids[1]!]);

    expectError(answer, 500, "INTERNAL_ERROR");
    await expectUntouched(user, file, published);
    await sweep(own);
    await expectAgreement(own);
  });

  test("an export leaves the version as it was, and gives it later", async () => {
    const condition = "new.bucket_id = 'training-files' and new.name like '%/openai-%'";
    await sabotage(own, repair, "storage.objects", "before insert", condition, raise);

    const refused = await callFiles(user, `/${file.id}/download?format=openai`);
    await own.stack.database.exec(repair.splice(0).join(""));
    const given = await download(user, file.id, { format: "openai" });

    expectError(refused, 500, "INTERNAL_ERROR");
    expect(given.size_bytes).toBe(given.bytes.byteLength);
    await expectAgreement(own);
  });

  test("a source is a failure of ours, not an invalid conversation", async () => {
    await own.stack.database.exec(
      "alter table storage.objects rename to objects_elsewhere",
    );
    repair.push("alter table if exists storage.objects_elsewhere rename to objects");

    const answer = await callFiles(user, `/${file.id}/download?format=trl`);

    expect(answer.status).toBe(500);
    await own.stack.database.exec(repair.splice(0).join(""));
    await expectUntouched(user, file, published);
  });
});

describe("a conversation that vanishes or changes under a build", () => {
  test("before it is read refuses the build with its name", async () => {
    await user.client.storage.from("conversation-files")
      .remove([`${user.id}/${ids[1]}/enriched.json`]);

    const answer = await change(user, file.id, "add", [ids[1]!]);

    expectError(answer, 400, "CONVERSATION_NOT_READY");
    expect(answer.body.details).toMatchObject([{ conversation_id: ids[1] }]);
    await expectUntouched(user, file, published);
  });

  test("as a row, after the build began, refuses it", async () => {
    // Deleted by the statement that begins the version.
    await sabotage(
      own,
      repair,
      "public.training_file_sources",
      "after insert",
      `new.conversation_id = '${ids[1]}'`,
      `delete from public.conversations where conversation_id = new.conversation_id; return null;`,
    );

    const answer = await change(user, file.id, "add", [ids[1]!]);

    expectError(answer, 400, "CONVERSATION_NOT_READY");
    await expectUntouched(user, file, published);
    await sweep(own);
    await expectAgreement(own);
  });

  test("as a row, after it was read, refuses the build", async () => {
    await sabotage(
      own,
      repair,
      "storage.objects",
      "after insert",
      "new.bucket_id = 'training-files' and new.name like '%/manifest.json'",
      `delete from public.conversations where conversation_id = '${ids[1]}'; return null;`,
    );

    const answer = await change(user, file.id, "add", [ids[1]!]);

    expectError(answer, 409, "SOURCE_CHANGED");
    await expectUntouched(user, file, published);
    await sweep(own);
    await expectAgreement(own);
  });

  test("enriched again while the file was built, leaves it stale", async () => {
    await sabotage(
      own,
      repair,
      "storage.objects",
      "after insert",
      "new.bucket_id = 'training-files' and new.name like '%/manifest.json'",
      `update public.conversations set enrichment_status = 'completed', updated_at = now()
       where conversation_id = '${ids[1]}'; return null;`,
    );

    const built = fileOf(await change(user, file.id, "add", [ids[1]!]), 200);

    expect(built).toMatchObject({ version: 2, stale: true });
  });

  test("in its bytes, before an export, refuses the export as changed", async () => {
    await uploadConversation(user, ids[0]!, enrichedConversation());

    const answer = await callFiles(user, `/${file.id}/download?format=openai`);

    expectError(answer, 409, "SOURCE_CHANGED");
    expect((await download(user, file.id, { format: "json" })).text).toBe(published);
    await own.stack.database.query("update private.storage_outbox set due_at = now()");
    await sweep(own);
    await expectAgreement(own);
  });
});

describe("a conversation's file that is gone", () => {
  const lose = (id: string) =>
    user.client.storage.from("conversation-files").remove([`${user.id}/${id}/enriched.json`]);

  test("before an export, refuses the export as changed and leaves what is stored", async () => {
    await lose(ids[0]!);

    const answer = await callFiles(user, `/${file.id}/download?format=openai`);

    expectError(answer, 409, "SOURCE_CHANGED");
    expect(answer.body.details).toMatchObject([{ conversation_id: ids[0], code: "E22" }]);
    expect((await download(user, file.id, { format: "json" })).text).toBe(published);
    await own.stack.database.query("update private.storage_outbox set due_at = now()");
    await sweep(own);
    await expectAgreement(own);
  });

  test("helps to be removed from the training file, which can then be exported", async () => {
    const two = fileOf(await change(user, file.id, "add", [ids[1]!]), 200);
    await lose(ids[0]!);

    fileOf(await change(user, two.id, "remove", [ids[0]!]), 200);

    expect((await callFiles(user, `/${file.id}/download?format=openai`)).status).toBe(200);
    const { error } = await user.client.from("conversations").delete()
      .eq("conversation_id", ids[0]!);
    expect(error).toBeNull();
  });
});

describe("a build that is cancelled under its builder", () => {
  test("publishes nothing, whatever the builder still writes", async () => {
    await sabotage(
      own,
      repair,
      "storage.objects",
      "after insert",
      "new.bucket_id = 'training-files' and new.name like '%/manifest.json'",
      `update public.training_file_versions set build_token = gen_random_uuid()
       where state = 'building'; return null;`,
    );

    const answer = await change(user, file.id, "add", [ids[1]!]);

    expectError(answer, 409, "BUILD_LOST");
    await expectUntouched(user, file, published);
    await own.stack.database.exec(repair.splice(0).join(""));
    await expireBuilds(own.stack);
    await sweep(own);
    await expectAgreement(own);
    fileOf(await change(user, file.id, "add", [ids[1]!]), 200);
  });
});

describe("an object that no row names", () => {
  test("is found by the nightly search once it is a day old", async () => {
    const paths = ["old", "new"].map((age) => `${file.id}/v9/${age}.json`);
    const { database } = own.stack;
    await database.query(
      `insert into storage.objects (bucket_id, name, updated_at)
       values ('training-files', $1, now() - interval '25 hours'), ('training-files', $2, now())`,
      paths,
    );
    await database.query(
      "update storage.objects set updated_at = now() - interval '25 hours' where name = $1",
      [paths[0]],
    );

    await database.query("select private.enqueue_orphaned_objects()");
    await sweep(own);

    const { objects } = await readBucket(own.stack);
    expect(objects).not.toContain(paths[0]);
    expect(objects).toContain(paths[1]);
    await database.query("delete from storage.objects where name = $1", [paths[1]]);
    await expectUntouched(user, file, published);
  });
});

describe("a file whose objects storage does not delete", () => {
  test("is gone for its users at once, and its objects as soon as they can be", async () => {
    const { database } = own.stack;
    await sabotage(
      own,
      repair,
      "storage.objects",
      "before delete",
      "old.bucket_id = 'training-files'",
      raise,
    );
    const objectsLeft = () =>
      database.query("select from storage.objects where name like $1", [`${file.id}/%`]);

    const { status } = await callFiles(user, `/${file.id}`, { method: "DELETE" });
    await database.query("update private.storage_outbox set due_at = now()");
    await sweep(own);
    const tried = await objectsLeft();
    await database.exec(repair.splice(0).join(""));
    await sweep(own);
    const tooEarly = await objectsLeft();
    await database.query("update private.storage_outbox set due_at = now()");
    await sweep(own);

    expect(status).toBe(204);
    expect((await callFiles(user, `/${file.id}`)).status).toBe(404);
    expect(tried.length).toBeGreaterThan(0);
    expect(tooEarly).toHaveLength(tried.length);
    expect(await objectsLeft()).toEqual([]);
    expect((await readBucket(own.stack)).outbox).toEqual([]);
  });
});
