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
import { createMember, createUser, type User } from "../support/user.ts";
import { expectError } from "./support/expect-error.ts";

let user: User;
let ids: string[];

beforeAll(async () => {
  user = await createUser();
  ids = await addConversations(user, 4);
});

describe("a change of a training file", () => {
  test.each(["add", "remove"] as const)("to %s 81 conversations is refused", async (action) => {
    const { id } = await createFile(user, ids);

    const answer = await change(
      user,
      id,
      action,
      Array.from({ length: 81 }, () => crypto.randomUUID()),
    );

    expectError(answer, 400, "INVALID_REQUEST");
  });

  test.each(["add", "remove"] as const)(
    "to %s with an unknown field is refused",
    async (action) => {
      const { id } = await createFile(user, ids);

      const answer = await callFiles(user, `/${id}/${action}-conversations`, {
        body: { conversation_ids: [ids[0]], name: "x" },
      });

      expectError(answer, 400, "INVALID_REQUEST");
    },
  );

  test("that adds what cannot be used leaves the file as it was", async () => {
    const file = await createFile(user, ids.slice(0, 2));
    const broken = await addConversation(user, { content: "{" });
    const unready = await addConversation(user, { status: "not_started" });
    const foreign = await addConversation(await createUser());
    const objects = await objectsOf(user.stack, file.id);

    const answers = [
      await change(user, file.id, "add", [ids[2]!, broken]),
      await change(user, file.id, "add", [ids[2]!, unready]),
      await change(user, file.id, "add", [ids[2]!, foreign]),
    ];

    expectError(answers[0]!, 400, "CONVERSATION_INVALID");
    expectError(answers[1]!, 400, "CONVERSATION_NOT_READY");
    expectError(answers[2]!, 404, "CONVERSATION_NOT_FOUND");
    expect(fileOf(await callFiles(user, `/${file.id}`), 200)).toEqual(file);
    expect(await objectsOf(user.stack, file.id)).toEqual(objects);
    fileOf(await change(user, file.id, "add", [ids[2]!]), 200);
  });

  test.each<[string, unknown]>([
    ["nothing", {}],
    ["an unknown field", { json_file_path: "x" }],
    ["an unknown status", { status: "processing" }],
    ["an unknown policy", { stale_policy: "sometimes" }],
    ["an empty name", { name: "" }],
    ["no name", { name: null }],
  ])("by PATCH with %s is refused", async (_, body) => {
    const { id } = await createFile(user, ids);

    expectError(
      await callFiles(user, `/${id}`, { method: "PATCH", body }),
      400,
      "INVALID_REQUEST",
    );
  });

  test("by one user is seen by the other members", async () => {
    const editor = await createMember(user, "editor");
    const theirs = await addConversation(editor);
    const { id } = await createFile(user, ids.slice(0, 1));

    const added = fileOf(await change(editor, id, "add", [theirs]), 200);

    expect(added.version).toBe(2);
    expect((await download(user, id, { format: "json" })).text).toContain(theirs);
  });
});
