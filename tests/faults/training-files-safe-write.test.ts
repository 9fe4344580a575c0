import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { expectError } from "../http/support/expect-error.ts";
import { callWorker } from "../support/call-worker.ts";
import {
  addConversation,
  enrichedConversation,
  uploadConversation,
} from "../support/conversations.ts";
import { type OwnStack, startOwnStack } from "../support/own-stack.ts";
import { enqueueSweep, expireBuilds, readBucket } from "../support/storage-faults.ts";
import {
  callFiles,
  change,
  createFile,
  download,
  fileOf,
  type TrainingFile,
} from "../support/training-files.ts";
import { until } from "../support/until.ts";
import { createUser, type User } from "../support/user.ts";

let own: OwnStack;
let user: User;
let ids: string[];
let file: TrainingFile;
let published: string;
/** Undoes the fault of a test. */
const repair: string[] = [];
/** Called when the database notifies a test. */
let onStep: () => void = () => undefined;

beforeAll(async () => {
  own = await startOwnStack({ cron: false });
  user = await createUser(own.address);
  await own.stack.database.listen("training_files_test", () => onStep());
});
afterAll(() => own[Symbol.asyncDispose]());

beforeEach(async () => {
  ids = [await addConversation(user), await addConversation(user), await addConversation(user)];
  file = await createFile(user, ids.slice(0, 1));
  published = (await download(user, file.id, { format: "json" })).text;
});
afterEach(async () => {
  onStep = () => undefined;
  for (const statement of repair.splice(0)) await own.stack.database.exec(statement);
});

/** Makes a statement on a table fail, or last, until the test has ended. */
async function sabotage(table: string, event: string, condition: string, body: string) {
  await own.stack.database.exec(`
    create function private.sabotage() returns trigger language plpgsql as $$
    begin ${body} end $$;
    grant execute on function private.sabotage() to public;
    create trigger sabotage ${event} on ${table} for each row when (${condition})
      execute function private.sabotage();`);
  repair.push(`drop trigger sabotage on ${table}; drop function private.sabotage();`);
}
const raise = "raise exception 'sabotage';";

/** Sweeps now what is due. */
async function sweep() {
  await enqueueSweep(own.stack);
  return (await callWorker(own.address)).body;
}

/** Holds storage and database to each other: no object without a row, no row without an object. */
async function expectAgreement() {
  const { objects, named } = await readBucket(own.stack);
  expect(objects).toEqual(named);
}

async function expectFileUntouched() {
  expect(fileOf(await callFiles(user, `/${file.id}`), 200)).toEqual(file);
  expect((await download(user, file.id, { format: "json" })).text).toBe(published);
}

describe("a build whose result cannot be recorded", () => {
  test("leaves the old version, and nothing else after the sweep", async () => {
    await sabotage("public.training_artifacts", "before insert", "true", raise);

    const answer = await change(user, file.id, "add", [ids[1]!]);

    expectError(answer, 500, "INTERNAL_ERROR");
    await expectFileUntouched();
    await sweep();
    await expectAgreement();
    expect((await readBucket(own.stack)).outbox).toEqual([]);
  });

  test("leaves no file when it was the first", async () => {
    await sabotage("public.training_artifacts", "before insert", "true", raise);
    const body = { name: `File ${crypto.randomUUID()}`, conversation_ids: ids };

    expectError(await callFiles(user, "", { body }), 500, "INTERNAL_ERROR");

    const { data } = await user.client.from("training_files").select("id").eq("name", body.name);
    expect(data).toEqual([]);
    await sweep();
    await expectAgreement();
    await own.stack.database.exec(repair.splice(0).join(""));
    fileOf(await callFiles(user, "", { body }), 201);
  });

  test("can be tried again at once", async () => {
    await sabotage("public.training_artifacts", "before insert", "true", raise);
    await change(user, file.id, "add", [ids[1]!]);
    await own.stack.database.exec(repair.splice(0).join(""));

    const again = fileOf(await change(user, file.id, "add", [ids[1]!]), 200);

    expect(again.conversation_count).toBe(2);
    await sweep();
    await expectAgreement();
  });
});

describe("storage that refuses", () => {
  test.each([
    ["the JSON", "training.json"],
    ["the JSONL", "training.jsonl"],
    ["the manifest", "manifest.json"],
  ])("%s leaves the old version and no orphan", async (_, name) => {
    const condition = `new.bucket_id = 'training-files' and new.name like '%/${name}'`;
    await sabotage("storage.objects", "before insert", condition, raise);

    const answer = await change(user, file.id, "add", [ids[1]!]);

    expectError(answer, 500, "INTERNAL_ERROR");
    await expectFileUntouched();
    await sweep();
    await expectAgreement();
  });

  test("an export leaves the version as it was, and gives it later", async () => {
    const condition = "new.bucket_id = 'training-files' and new.name like '%/openai-%'";
    await sabotage("storage.objects", "before insert", condition, raise);

    const refused = await callFiles(user, `/${file.id}/download?format=openai`);
    await own.stack.database.exec(repair.splice(0).join(""));
    const given = await download(user, file.id, { format: "openai" });

    expectError(refused, 500, "INTERNAL_ERROR");
    expect(given.size_bytes).toBe(given.bytes.byteLength);
    await expectAgreement();
  });

  test("a source is a failure of ours, not an invalid conversation", async () => {
    await own.stack.database.exec(
      "alter table storage.objects rename to objects_elsewhere",
    );
    repair.push("alter table if exists storage.objects_elsewhere rename to objects");

    const answer = await callFiles(user, `/${file.id}/download?format=trl`);

    expect(answer.status).toBe(500);
    await own.stack.database.exec(repair.splice(0).join(""));
    await expectFileUntouched();
  });
});

describe("a conversation that vanishes or changes under a build", () => {
  test("before it is read refuses the build with its name", async () => {
    await user.client.storage.from("conversation-files")
      .remove([`${user.id}/${ids[1]}/enriched.json`]);

    const answer = await change(user, file.id, "add", [ids[1]!]);

    expectError(answer, 400, "CONVERSATION_NOT_READY");
    expect(answer.body.details).toMatchObject([{ conversation_id: ids[1] }]);
    await expectFileUntouched();
  });

  test("as a row, after the build began, refuses it", async () => {
    // Deleted by the statement that begins the version.
    await sabotage(
      "public.training_file_sources",
      "after insert",
      `new.conversation_id = '${ids[1]}'`,
      `delete from public.conversations where conversation_id = new.conversation_id; return null;`,
    );

    const answer = await change(user, file.id, "add", [ids[1]!]);

    expectError(answer, 400, "CONVERSATION_NOT_READY");
    await expectFileUntouched();
    await sweep();
    await expectAgreement();
  });

  test("as a row, after it was read, refuses the build", async () => {
    await sabotage(
      "storage.objects",
      "after insert",
      "new.bucket_id = 'training-files' and new.name like '%/manifest.json'",
      `delete from public.conversations where conversation_id = '${ids[1]}'; return null;`,
    );

    const answer = await change(user, file.id, "add", [ids[1]!]);

    expectError(answer, 409, "SOURCE_CHANGED");
    await expectFileUntouched();
    await sweep();
    await expectAgreement();
  });

  test("enriched again while the file was built, leaves it stale", async () => {
    await sabotage(
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
    await sweep();
    await expectAgreement();
  });
});

describe("a build that is cancelled under its builder", () => {
  test("publishes nothing, whatever the builder still writes", async () => {
    await sabotage(
      "storage.objects",
      "after insert",
      "new.bucket_id = 'training-files' and new.name like '%/manifest.json'",
      `update public.training_file_versions set build_token = gen_random_uuid()
       where state = 'building'; return null;`,
    );

    const answer = await change(user, file.id, "add", [ids[1]!]);

    expectError(answer, 409, "BUILD_LOST");
    await expectFileUntouched();
    await own.stack.database.exec(repair.splice(0).join(""));
    await expireBuilds(own.stack);
    await sweep();
    await expectAgreement();
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
    await sweep();

    const { objects } = await readBucket(own.stack);
    expect(objects).not.toContain(paths[0]);
    expect(objects).toContain(paths[1]);
    await database.query("delete from storage.objects where name = $1", [paths[1]]);
    await expectFileUntouched();
  });
});

describe("a file whose objects storage does not delete", () => {
  test("is gone for its users at once, and its objects as soon as they can be", async () => {
    const { database } = own.stack;
    await sabotage("storage.objects", "before delete", "old.bucket_id = 'training-files'", raise);
    const objectsLeft = () =>
      database.query("select from storage.objects where name like $1", [`${file.id}/%`]);

    const { status } = await callFiles(user, `/${file.id}`, { method: "DELETE" });
    await database.query("update private.storage_outbox set due_at = now()");
    await sweep();
    const tried = await objectsLeft();
    await database.exec(repair.splice(0).join(""));
    await sweep();
    const tooEarly = await objectsLeft();
    await database.query("update private.storage_outbox set due_at = now()");
    await sweep();

    expect(status).toBe(204);
    expect((await callFiles(user, `/${file.id}`)).status).toBe(404);
    expect(tried.length).toBeGreaterThan(0);
    expect(tooEarly).toHaveLength(tried.length);
    expect(await objectsLeft()).toEqual([]);
    expect((await readBucket(own.stack)).outbox).toEqual([]);
  });
});

describe("a process of training-files that is killed", () => {
  /** Where in the safe write: a table, and which row of it has just been committed. */
  const steps: [string, string, string][] = [
    ["once the version has begun", "public.training_file_versions", "true"],
    ["once the JSON is stored", "storage.objects", "new.name like '%/training.json'"],
    ["once the JSONL is stored", "storage.objects", "new.name like '%/training.jsonl'"],
    ["once the manifest is stored", "storage.objects", "new.name like '%/manifest.json'"],
  ];

  /** Has the function killed the moment that such a row is committed. */
  async function killAt(table: string, condition: string) {
    const { pid } = own.stack.functions;
    const first = await pid("training-files");
    onStep = () => {
      onStep = () => undefined;
      Deno.kill(first, "SIGKILL");
    };
    await sabotage(
      table,
      "after insert",
      condition,
      "perform pg_notify('training_files_test', ''); return null;",
    );
    return {
      replaced: () => until("another process", async () => await pid("training-files") !== first),
    };
  }

  test.each(steps)("%s leaves nothing of a new file, and its name is free", async (_, ...step) => {
    const body = { name: `File ${crypto.randomUUID()}`, conversation_ids: ids };
    const { replaced } = await killAt(...step);

    const killed = await callFiles(user, "", { body });
    await replaced();
    const meanwhile = await callFiles(user, "", { body });
    await expireBuilds(own.stack);
    await sweep();

    expectError(killed, 500, "INTERNAL_ERROR");
    expectError(meanwhile, 409, "NAME_TAKEN");
    const { data } = await user.client.from("training_files").select("id").eq("name", body.name);
    expect(data).toEqual([]);
    await expectAgreement();
    fileOf(await callFiles(user, "", { body }), 201);
  });

  test.each([["without an Idempotency-Key", undefined], ["with one", crypto.randomUUID()]])(
    "makes room for a repeat %s once it no longer beats, before any sweep",
    async (_, key) => {
      const body = { name: `File ${crypto.randomUUID()}`, conversation_ids: ids };
      const headers = key ? { "idempotency-key": key } : undefined;
      const { replaced } = await killAt("storage.objects", "new.name like '%/training.json'");
      await callFiles(user, "", { body, headers });
      await replaced();
      await expireBuilds(own.stack);

      const repeat = fileOf(await callFiles(user, "", { body, headers }), 201);

      expect(repeat).toMatchObject({ version: 1, status: "active" });
      await sweep();
      await expectAgreement();
    },
  );

  test("has said until then that it lives", async () => {
    await own.stack.database.exec(`
      create function private.late() returns trigger language plpgsql as $$
      begin new.build_until := now() - interval '1 second'; return new; end $$;
      grant execute on function private.late() to public;
      create trigger late before insert on public.training_file_versions for each row
        execute function private.late();`);
    repair.push("drop trigger late on public.training_file_versions; drop function private.late()");
    const { replaced } = await killAt("storage.objects", "new.name like '%/training.json'");

    await change(user, file.id, "add", [ids[1]!]);
    await replaced();

    expectError(await change(user, file.id, "add", [ids[1]!]), 409, "TRAINING_FILE_BUSY");
  });

  test.each(steps)("%s leaves the old version of a file", async (_, ...step) => {
    const { replaced } = await killAt(...step);

    const killed = await change(user, file.id, "add", [ids[1]!]);
    await replaced();
    const meanwhile = await change(user, file.id, "add", [ids[1]!]);

    expectError(killed, 500, "INTERNAL_ERROR");
    expectError(meanwhile, 409, "TRAINING_FILE_BUSY");
    await expectFileUntouched();
    await expireBuilds(own.stack);
    expect(fileOf(await change(user, file.id, "add", [ids[1]!]), 200).conversation_count).toBe(2);
    await sweep();
    await expectAgreement();
  });

  test("while it stored an export leaves an object that is used or swept", async () => {
    const { replaced } = await killAt("storage.objects", "new.name like '%/sharegpt-%'");

    const killed = await callFiles(user, `/${file.id}/download?format=sharegpt`);
    await replaced();
    await own.stack.database.query("update private.storage_outbox set due_at = now()");
    await sweep();

    expectError(killed, 500, "INTERNAL_ERROR");
    await expectAgreement();
    const given = await download(user, file.id, { format: "sharegpt" });
    expect(given.size_bytes).toBe(given.bytes.byteLength);
  });
});
