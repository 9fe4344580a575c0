import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { expectError } from "../http/support/expect-error.ts";
import { addConversation } from "../support/conversations.ts";
import { type OwnStack, startOwnStack } from "../support/own-stack.ts";
import { expireBuilds } from "../support/storage-faults.ts";
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
      own,
      repair,
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
    await sweep(own);

    expectError(killed, 500, "INTERNAL_ERROR");
    expectError(meanwhile, 409, "NAME_TAKEN");
    const { data } = await user.client.from("training_files").select("id").eq("name", body.name);
    expect(data).toEqual([]);
    await expectAgreement(own);
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
      await sweep(own);
      await expectAgreement(own);
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
    await expectUntouched(user, file, published);
    await expireBuilds(own.stack);
    expect(fileOf(await change(user, file.id, "add", [ids[1]!]), 200).conversation_count).toBe(2);
    await sweep(own);
    await expectAgreement(own);
  });

  test("while it stored an export leaves an object that is used or swept", async () => {
    const { replaced } = await killAt("storage.objects", "new.name like '%/sharegpt-%'");

    const killed = await callFiles(user, `/${file.id}/download?format=sharegpt`);
    await replaced();
    await own.stack.database.query("update private.storage_outbox set due_at = now()");
    await sweep(own);

    expectError(killed, 500, "INTERNAL_ERROR");
    await expectAgreement(own);
    const given = await download(user, file.id, { format: "sharegpt" });
    expect(given.size_bytes).toBe(given.bytes.byteLength);
  });
});
