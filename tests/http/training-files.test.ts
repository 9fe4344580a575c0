import { beforeAll, describe, expect, test } from "vitest";
import { addConversation, addConversations } from "../support/conversations.ts";
import {
  callFiles,
  change,
  createFile,
  download,
  fileOf,
  objectsOf,
} from "../support/training-files.ts";
import { createUser, type User } from "../support/user.ts";
import { expectError } from "./support/expect-error.ts";

describe("a training file", () => {
  let user: User;
  let ids: string[];

  beforeAll(async () => {
    user = await createUser();
    ids = await addConversations(user, 4);
  });

  test("keeps the order of the request, not that of the rows", async () => {
    const order = [ids[2]!, ids[0]!, ids[1]!];

    const { id } = await createFile(user, order);

    const { body } = await callFiles(user, `/${id}/conversations`);
    expect(body).toEqual({ conversation_ids: order });
  });

  test("loses the conversations that are removed, in a new version", async () => {
    const { id } = await createFile(user, ids.slice(0, 3));

    const file = fileOf(await change(user, id, "remove", [ids[1]!]), 200);

    expect(file).toMatchObject({ version: 2, conversation_count: 2, total_training_pairs: 4 });
    const { body } = await callFiles(user, `/${id}/conversations`);
    expect(body).toEqual({ conversation_ids: [ids[0], ids[2]] });
  });

  test("takes a conversation back that was removed, at the end", async () => {
    const { id } = await createFile(user, ids.slice(0, 2));
    fileOf(await change(user, id, "remove", [ids[0]!]), 200);

    fileOf(await change(user, id, "add", [ids[0]!]), 200);

    const { body } = await callFiles(user, `/${id}/conversations`);
    expect(body).toEqual({ conversation_ids: [ids[1], ids[0]] });
  });

  test("keeps its last conversation", async () => {
    const { id } = await createFile(user, ids.slice(0, 2));

    expectError(await change(user, id, "remove", ids.slice(0, 2)), 422, "TRAINING_FILE_EMPTY");

    expect(fileOf(await callFiles(user, `/${id}`), 200).version).toBe(1);
  });

  test("names the conversations that it does not have", async () => {
    const { id } = await createFile(user, ids.slice(0, 2));

    const answer = await change(user, id, "remove", [ids[0]!, ids[3]!]);

    expectError(answer, 400, "CONVERSATIONS_NOT_IN_FILE");
    expect(answer.body.details).toEqual({ conversation_ids: [ids[3]] });
  });

  test("is renamed, described, archived and restored", async () => {
    const file = await createFile(user, ids.slice(0, 1));
    const patch = async (body: Record<string, unknown>) =>
      fileOf(await callFiles(user, `/${file.id}`, { method: "PATCH", body }), 200);

    const name = `Renamed ${file.id}`;
    const renamed = await patch({ name: ` ${name} `, description: "New" });
    const archived = await patch({ status: "archived" });
    const restored = await patch({ status: "active", description: null });

    expect(renamed).toMatchObject({ name, description: "New", status: "active", version: 1 });
    expect(archived).toMatchObject({ name, description: "New", status: "archived" });
    expect(restored).toMatchObject({ name, description: null, status: "active" });
    expect((await download(user, file.id, { format: "json" })).filename).toBe(`${name}.json`);
  });

  test("does not take the name of another when it is renamed", async () => {
    const [one, other] = [await createFile(user, [ids[0]!]), await createFile(user, [ids[0]!])];

    const answer = await callFiles(user, `/${one.id}`, {
      method: "PATCH",
      body: { name: other.name },
    });

    expectError(answer, 409, "NAME_TAKEN");
  });

  test("lists its versions, newest first, with what each is", async () => {
    const { id } = await createFile(user, ids.slice(0, 2));
    await change(user, id, "add", [ids[2]!]);
    await change(user, id, "remove", [ids[0]!]);

    const { body } = await callFiles(user, `/${id}/versions`);

    expect(body.versions).toMatchObject([
      { version: 3, change: "removed", conversation_count: 2, total_training_pairs: 4 },
      { version: 2, change: "added", conversation_count: 3, total_training_pairs: 6 },
      { version: 1, change: "created", conversation_count: 2, created_by: user.id },
    ]);
    const json = await download(user, id, { format: "json", version: "2" });
    const jsonl = await download(user, id, { format: "jsonl", version: "2" });
    expect(body.versions).toMatchObject([{}, {
      json_sha256: json.sha256,
      jsonl_sha256: jsonl.sha256,
    }, {}]);
  });

  test("tells two versions apart", async () => {
    const { id } = await createFile(user, ids.slice(0, 2));
    await change(user, id, "add", [ids[2]!, ids[3]!]);
    await change(user, id, "remove", [ids[0]!]);

    const { body } = await callFiles(user, `/${id}/versions/1/diff/3`);

    expect(body.diff).toMatchObject({
      from: 1,
      to: 3,
      added: [ids[2], ids[3]],
      removed: [ids[0]],
      changed: [],
      unchanged_count: 1,
      conversations_delta: 1,
      pairs_delta: 2,
    });
  });

  test("reports on the pairs of a version", async () => {
    const open = await addConversation(user, { pairs: 1, openPairs: 1 });
    const { id } = await createFile(user, [ids[0]!, open]);

    const { body } = await callFiles(user, `/${id}/versions/1/report`);

    expect(body.report).toMatchObject({
      summary: { errors: 0, excluded: 0 },
      rows: expect.arrayContaining([
        expect.objectContaining({ code: "E07", conversation_id: open, pair_id: "turn2" }),
      ]),
    });
  });

  test("has a manifest that names every source and object with its hash", async () => {
    const { id } = await createFile(user, ids.slice(0, 2));

    const { status, body } = await callFiles(user, `/${id}/versions/1/manifest`);

    expect(status).toBe(200);
    const json = await download(user, id, { format: "json" });
    const text = JSON.stringify(body.manifest);
    expect(text).toContain(json.sha256);
    for (const conversation of ids.slice(0, 2)) expect(text).toContain(conversation);
  });

  test("is analysed with suggestions from outside the file", async () => {
    const rare = await addConversation(user, { persona: "rare" });
    await createFile(user, [rare]);
    const { id } = await createFile(user, ids.slice(0, 2));

    const { status, body } = await callFiles(user, `/${id}/analytics`);

    expect(status).toBe(200);
    expect(body.analytics).toMatchObject({
      conversation_count: 2,
      total_training_pairs: 4,
      quality: { avg: 4 },
      balance: { persona: { shares: [{ key: "anxious_planner", count: 2, share: 1 }] } },
    });
    const { suggestions } = body.analytics as { suggestions: { conversation_id: string }[] };
    expect(suggestions.map((one) => one.conversation_id)).toContain(rare);
  });

  test("is deleted with its rows and objects, and its name is free again", async () => {
    const file = await createFile(user, ids.slice(0, 2));
    await change(user, file.id, "add", [ids[2]!]);
    await download(user, file.id, { format: "openai" });

    const { status, text } = await callFiles(user, `/${file.id}`, { method: "DELETE" });

    expect([status, text]).toEqual([204, ""]);
    expect(await objectsOf(user.stack, file.id)).toEqual([]);
    expectError(await callFiles(user, `/${file.id}`), 404, "TRAINING_FILE_NOT_FOUND");
    await createFile(user, ids.slice(0, 1), { name: file.name });
  });
});
