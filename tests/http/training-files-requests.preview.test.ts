import { beforeAll, describe, expect, test } from "vitest";
import { addConversation, addConversations } from "../support/conversations.ts";
import { callFiles } from "../support/training-files.ts";
import { adminOf, createMember, createUser, type User } from "../support/user.ts";
import { expectError } from "./support/expect-error.ts";
import { traces } from "./support/traces.ts";

let user: User;
let ids: string[];

beforeAll(async () => {
  user = await createUser();
  ids = await addConversations(user, 4);
});

describe("POST /training-files/preview", () => {
  test("shows what a file would be and writes nothing", async () => {
    const own = await createUser();
    const conversations = await addConversations(own, 3, { pairs: 2, openPairs: 1 });
    const formats = ["json", "jsonl", "openai", "sharegpt", "alpaca"];

    const { status, body, text } = await callFiles(own, "/preview", {
      body: { conversation_ids: conversations, formats },
    });

    expect(status, text).toBe(200);
    expect(body.preview).toMatchObject({ conversation_count: 3, total_training_pairs: 6 });
    expect(Object.keys((body.preview as { formats: object }).formats).sort()).toEqual(
      formats.toSorted(),
    );
    expect(await traces(own)).toEqual([0, 0, 0]);
    const { data } = await adminOf(own.stack).from("conversation_snapshots").select("sha256")
      .eq("org_id", own.orgId);
    expect(data).toEqual([]);
  });

  test("is for viewers too", async () => {
    const viewer = await createMember(user, "viewer");

    const { status } = await callFiles(viewer, "/preview", { body: { conversation_ids: ids } });

    expect(status).toBe(200);
  });

  test("shows the first lines that there are, though the first conversations have none", async () => {
    const bare = await addConversations(user, 3, { pairs: 0, openPairs: 1 });

    const { body } = await callFiles(user, "/preview", {
      body: {
        conversation_ids: [...bare, ...ids.slice(0, 2)],
        formats: ["jsonl", "openai", "trl"],
      },
    });

    const { formats } = body.preview as { formats: Record<string, { first_lines: string[] }> };
    const counts = Object.entries(formats).map(([name, { first_lines }]) => [
      name,
      first_lines.length,
    ]);
    expect(Object.fromEntries(counts)).toEqual({ jsonl: 3, openai: 2, trl: 3 });
  });

  test.each<[string, () => unknown]>([
    ["an unknown format", () => ({ conversation_ids: ids, formats: ["parquet"] })],
    ["an unknown field", () => ({ conversation_ids: ids, name: "x" })],
    ["no conversations", () => ({ formats: ["json"] })],
  ])("refuses %s", async (_, body) => {
    expectError(
      await callFiles(user, "/preview", { body: body() }),
      400,
      "INVALID_REQUEST",
    );
  });

  test("names conversations that are missing, not ready or broken", async () => {
    const missing = crypto.randomUUID();
    const unready = await addConversation(user, { status: "not_started" });
    const broken = await addConversation(user, { content: "[]" });
    const ask = (id: string) =>
      callFiles(user, "/preview", { body: { conversation_ids: [ids[0], id] } });

    expectError(await ask(missing), 404, "CONVERSATION_NOT_FOUND");
    expectError(await ask(unready), 400, "CONVERSATION_NOT_READY");
    expectError(await ask(broken), 400, "CONVERSATION_INVALID");
  });

  test("refuses conversations in the very words in which a file refuses them", async () => {
    const missing = [crypto.randomUUID(), crypto.randomUUID()];
    const unready = [
      await addConversation(user, { status: "not_started" }),
      await addConversation(user, { status: "enrichment_in_progress" }),
    ];
    const large = new Uint8Array(8 * 1024 * 1024 + 1).fill(0x20);
    const oversized = [
      await addConversation(user, { content: large }),
      await addConversation(user, { content: large }),
    ];

    for (const conversation_ids of [missing, unready, oversized]) {
      const previewed = await callFiles(user, "/preview", { body: { conversation_ids } });
      const created = await callFiles(user, "", { body: { name: "Refused", conversation_ids } });

      expect(previewed.body).toEqual(created.body);
      expect(previewed.status).toBe(created.status);
    }
  });
});
