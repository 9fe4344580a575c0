import { beforeAll, describe, expect, test } from "vitest";
import { addConversation, addConversations } from "../support/conversations.ts";
import { callFiles, change, createFile, download, fileOf } from "../support/training-files.ts";
import { createUser, type User } from "../support/user.ts";
import { expectError } from "./support/expect-error.ts";

let user: User;
let ids: string[];

beforeAll(async () => {
  user = await createUser();
  ids = await addConversations(user, 4);
});

const uniqueName = () => `File ${crypto.randomUUID()}`;

describe("Idempotency-Key", () => {
  const post = (key: string, body: Record<string, unknown>, by = user) =>
    callFiles(by, "", { body, headers: { "idempotency-key": key } });

  test("answers a repeated request with the file of the first", async () => {
    const key = crypto.randomUUID();
    const body = { name: uniqueName(), conversation_ids: ids };
    const first = fileOf(await post(key, body), 201);

    const second = fileOf(await post(key, body), 201);

    expect(second).toEqual(first);
  });

  test("makes one file of requests that come at once", async () => {
    const key = crypto.randomUUID();
    const body = { name: uniqueName(), conversation_ids: ids };

    const answers = await Promise.all([1, 2, 3, 4].map(() => post(key, body)));

    const files = answers.map((answer) => fileOf(answer, 201));
    expect(new Set(files.map(({ id }) => id)).size).toBe(1);
    expect(files.map(({ version }) => version)).toEqual([1, 1, 1, 1]);
  });

  test("gives all of them the error when the first fails", async () => {
    const key = crypto.randomUUID();
    const broken = await addConversation(user, { content: "not JSON" });
    const body = { name: uniqueName(), conversation_ids: [...ids, broken] };

    const answers = await Promise.all([1, 2, 3].map(() => post(key, body)));

    for (const answer of answers) expectError(answer, 400, "CONVERSATION_INVALID");
  });

  test("is refused for another body", async () => {
    const key = crypto.randomUUID();
    const name = uniqueName();
    fileOf(await post(key, { name, conversation_ids: ids }), 201);

    const answer = await post(key, { name, conversation_ids: ids.slice(1) });

    expectError(answer, 422, "IDEMPOTENCY_KEY_REUSED");
  });

  test("is free again after a request that failed", async () => {
    const key = crypto.randomUUID();
    const { name } = await createFile(user, ids);
    expectError(await post(key, { name, conversation_ids: ids }), 409, "NAME_TAKEN");

    fileOf(await post(key, { name: uniqueName(), conversation_ids: ids }), 201);
  });

  test("belongs to one user", async () => {
    const key = crypto.randomUUID();
    const other = await createUser();
    const theirs = await addConversation(other);
    const first = fileOf(await post(key, { name: uniqueName(), conversation_ids: ids }), 201);

    const second = await post(key, { name: uniqueName(), conversation_ids: [theirs] }, other);

    expect(fileOf(second, 201).id).not.toBe(first.id);
  });

  const changeOnce = (key: string, id: string, action: string, conversation_ids: string[]) =>
    callFiles(user, `/${id}/${action}-conversations`, {
      body: { conversation_ids },
      headers: { "idempotency-key": key },
    });

  test.each(["add", "remove"])("answers a repeated %s as the first one", async (action) => {
    const { id } = await createFile(user, action === "add" ? ids.slice(0, 1) : ids.slice(0, 2));
    const key = crypto.randomUUID();
    const once = () => changeOnce(key, id, action, [ids[1]!]);

    const answers = [...await Promise.all([once(), once(), once()]), await once()];

    const files = answers.map((answer) => fileOf(answer, 200));
    expect(files.map(({ version }) => version)).toEqual([2, 2, 2, 2]);
    expect(files[0]!.conversation_count).toBe(action === "add" ? 2 : 1);
  });

  test("of a change is refused for another change, and for the creation of a file", async () => {
    const { id } = await createFile(user, ids.slice(0, 1));
    const key = crypto.randomUUID();
    fileOf(await changeOnce(key, id, "add", [ids[1]!]), 200);

    const others = [
      await changeOnce(key, id, "add", [ids[2]!]),
      await changeOnce(key, id, "remove", [ids[1]!]),
      await post(key, { name: uniqueName(), conversation_ids: ids }),
    ];

    for (const answer of others) expectError(answer, 422, "IDEMPOTENCY_KEY_REUSED");
  });

  test("of a change that failed while it was built is free again", async () => {
    const { id } = await createFile(user, ids.slice(0, 1));
    const broken = await addConversation(user, { content: "not JSON" });
    const key = crypto.randomUUID();

    const answers = await Promise.all([1, 2].map(() => changeOnce(key, id, "add", [broken])));

    for (const answer of answers) expectError(answer, 400, "CONVERSATION_INVALID");
    fileOf(await changeOnce(key, id, "add", [ids[1]!]), 200);
  });

  test.each(["x".repeat(256), "a b"])("refuses the key %j", async (key) => {
    const body = { name: uniqueName(), conversation_ids: ids };

    expectError(await post(key, body), 400, "INVALID_REQUEST");
  });
});

describe("two requests at once", () => {
  test("that add to one file lose no conversation", async () => {
    const { id } = await createFile(user, [ids[0]!]);

    const answers = await Promise.all([
      change(user, id, "add", [ids[1]!]),
      change(user, id, "add", [ids[2]!]),
    ]);

    const won = answers.flatMap((answer, index) => answer.status === 200 ? [ids[index + 1]!] : []);
    for (const answer of answers) {
      if (answer.status !== 200) expectError(answer, 409, "TRAINING_FILE_BUSY");
    }
    expect(won.length).toBeGreaterThan(0);
    const { body } = await callFiles(user, `/${id}/conversations`);
    expect(new Set(body.conversation_ids as string[])).toEqual(new Set([ids[0], ...won]));
    const file = fileOf(await callFiles(user, `/${id}`), 200);
    expect(file.conversation_count).toBe(1 + won.length);
    const json = JSON.parse((await download(user, id, { format: "json" })).text);
    expect(json.conversations).toHaveLength(1 + won.length);
  });

  test("that make files of one name make one", async () => {
    const body = { name: uniqueName(), conversation_ids: ids };

    const answers = await Promise.all([1, 2, 3].map(() => callFiles(user, "", { body })));

    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409]);
    for (const answer of answers) if (answer.status === 409) expectError(answer, 409, "NAME_TAKEN");
  });

  test("an addition and a deletion, end with no file or refuse the deletion", async () => {
    for (let round = 0; round < 5; round++) {
      const { id } = await createFile(user, [ids[0]!]);

      const [added, deleted] = await Promise.all([
        change(user, id, "add", [ids[1]!]),
        callFiles(user, `/${id}`, { method: "DELETE" }),
      ]);

      expect(deleted.status).toBe(204);
      expect([200, 404, 409]).toContain(added.status);
      expectError(await callFiles(user, `/${id}`), 404, "TRAINING_FILE_NOT_FOUND");
    }
  });
});
