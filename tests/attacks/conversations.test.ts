import { beforeAll, describe, expect, test } from "vitest";
import { addConversation, enrichedConversation } from "../support/conversations.ts";
import { callFiles, createFile, download, fileOf } from "../support/training-files.ts";
import { adminOf, createUser, type User } from "../support/user.ts";
import { expectError } from "../http/support/expect-error.ts";

let user: User;
let sound: string;

beforeAll(async () => {
  user = await createUser();
  sound = await addConversation(user);
});

const json = (change: (conversation: ReturnType<typeof parts>) => void): string => {
  const conversation = parts();
  change(conversation);
  return JSON.stringify(conversation);
};
const parts = () =>
  enrichedConversation() as {
    training_pairs: Record<string, unknown>[];
    consultant_profile: unknown;
    input_parameters: unknown;
  };
/** JSON text with the score of the first pair replaced by other letters. */
const withScore = (letters: string) =>
  JSON.stringify(enrichedConversation()).replace('"quality_score":4', `"quality_score":${letters}`);
const encode = (text: string) => new TextEncoder().encode(text);

async function attempt(content: unknown) {
  const id = await addConversation(user, { content });
  const body = { name: `File ${crypto.randomUUID()}`, conversation_ids: [sound, id] };
  return { id, body, answer: await callFiles(user, "", { body }) };
}

describe("a file with a conversation that is", () => {
  test.each<[string, () => unknown, string]>([
    ["empty", () => "", "(root)"],
    ["not JSON", () => "<html>", "(root)"],
    ["cut off", () => JSON.stringify(enrichedConversation()).slice(0, -20), "(root)"],
    ["JSON of another kind", () => "[]", "(root)"],
    ["null", () => "null", "(root)"],
    ["not UTF-8", () => Uint8Array.of(...encode('{"a":"'), 0xff, 0xfe, ...encode('"}')), "(root)"],
    ["UTF-16", () => new Uint8Array(new Uint16Array([0xfeff, 0x7b, 0x7d]).buffer), "(root)"],
    ["10,000 deep", () => "[".repeat(10_000) + "]".repeat(10_000), "(root)"],
    [
      "10,000 deep where anything goes",
      () =>
        json((conversation) => {
          conversation.training_pairs[0]!.extra = "HERE";
        }).replace('"HERE"', '{"a":'.repeat(10_000) + "1" + "}".repeat(10_000)),
      "(root)",
    ],
    [
      "without pairs",
      () => json((conversation) => conversation.training_pairs = []),
      "training_pairs",
    ],
    ["with pairs that are none", () => JSON.stringify({ training_pairs: "x" }), "training_pairs"],
    [
      "with a pair that is null",
      () => json((conversation) => conversation.training_pairs[1] = null as never),
      "training_pairs[1]",
    ],
    [
      "with a target that is a number",
      () => json((conversation) => conversation.training_pairs[1]!.target_response = 7),
      "training_pairs[1].target_response",
    ],
    [
      "with a target that is missing",
      () => json((conversation) => delete conversation.training_pairs[0]!.target_response),
      "training_pairs[0].target_response",
    ],
    [
      "with a history that is an object",
      () => json((conversation) => conversation.training_pairs[0]!.conversation_history = {}),
      "training_pairs[0].conversation_history",
    ],
    ["with 1e400", () => withScore("1e400"), "training_pairs[0].training_metadata.quality_score"],
    ["with -1e400", () => withScore("-1e400"), "training_pairs[0].training_metadata.quality_score"],
    ["with NaN", () => withScore("NaN"), "(root)"],
    [
      "with a score that is text",
      () => withScore('"4"'),
      "training_pairs[0].training_metadata.quality_score",
    ],
  ])("%s is refused with the conversation and the field", async (_, content, field) => {
    const { id, body, answer } = await attempt(content());

    expectError(answer, 400, "CONVERSATION_INVALID");
    expect(answer.body.message).toContain(id);
    expect(answer.body.details).toContainEqual({
      conversation_id: id,
      field,
      reason: expect.stringMatching(/\S/),
    });
    const { data } = await adminOf(user.stack).from("training_files").select("id")
      .eq("name", body.name);
    expect(data).toEqual([]);
  });

  test("of 40 MB is refused with its size, and the function lives on", async () => {
    const { id, answer } = await attempt(new Uint8Array(40 * 1024 * 1024).fill(0x20));

    expectError(answer, 413, "CONVERSATION_TOO_LARGE");
    expect(answer.body.details).toEqual([
      { conversation_id: id, size_bytes: 41943040, limit_bytes: 8388608 },
    ]);
    fileOf(await callFiles(user, `/${(await createFile(user, [sound])).id}`), 200);
  });

  test("not there is refused with its reason", async () => {
    const id = await addConversation(user);
    const removed = await user.client.storage.from("conversation-files")
      .remove([`${user.id}/${id}/enriched.json`]);
    expect(removed.error).toBeNull();

    const answer = await callFiles(user, "", {
      body: { name: `File ${id}`, conversation_ids: [sound, id] },
    });

    expectError(answer, 400, "CONVERSATION_NOT_READY");
    expect(answer.body.details).toEqual([
      { conversation_id: id, reason: "there is no enriched.json at its path" },
    ]);
  });

  test("named like a prototype pollutes nothing and passes through", async () => {
    const text = JSON.stringify(enrichedConversation()).replace(
      '"consultant_profile"',
      '"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},"consultant_profile"',
    ).replace('"id":"turn1"', '"__proto__":{"polluted":true},"id":"turn1"');
    const id = await addConversation(user, { content: text });

    const file = await createFile(user, [id, sound]);

    const got = await download(user, file.id, { format: "json" });
    expect(got.text).toContain('"__proto__":{"polluted":true}');
    expect(JSON.stringify(file)).not.toContain("polluted");
    const { status } = await callFiles(user, `/${file.id}/analytics`);
    expect(status).toBe(200);
  });

  test("keyed like a prototype is counted like any other", async () => {
    const id = await addConversation(user, { persona: "__proto__" });

    const file = await createFile(user, [id]);

    expect(JSON.stringify(file.scaffolding_distribution)).toContain("__proto__");
  });

  test.each([
    ["a NUL", "\\u0000"],
    ["a lone surrogate", "\\ud800"],
    ["half a pair", "x\\udc00y"],
  ])("with %s in a reply loses that pair with a line in the report", async (_, letters) => {
    const content = JSON.stringify(enrichedConversation({ pairs: 2 }))
      .replaceAll("Answer 2", `Answer ${letters}2`);
    const id = await addConversation(user, { content });

    const file = await createFile(user, [id]);

    const { body, status, text } = await callFiles(user, `/${file.id}/versions/1/report`);
    expect(status, text).toBe(200);
    expect(body.report).toMatchObject({
      rows: expect.arrayContaining([
        expect.objectContaining({ code: "E01", conversation_id: id, excluded: true }),
      ]),
    });
    const pairs = await download(user, file.id, { format: "openai", granularity: "pair" });
    expect(pairs.text.split("\n").filter(Boolean)).toHaveLength(1);
    const native = await download(user, file.id, { format: "jsonl" });
    expect(native.text.split("\n").filter(Boolean)).toHaveLength(3);
  });

  test.each([
    ["the persona", "persona_key"],
    ["the topic", "training_topic_key"],
  ])("with a NUL in the key of %s is no failure of ours", async (_, key) => {
    const content = JSON.stringify(enrichedConversation()).replace(
      new RegExp(`"${key}":"[^"]+"`),
      `"${key}":"a\\u0000\\ud800b"`,
    );

    const { answer } = await attempt(content);

    expect(answer.status, answer.text).toBeLessThan(500);
    if (answer.status === 201) {
      const { id } = fileOf(answer, 201);
      expect((await callFiles(user, `/${id}/analytics`)).status).toBe(200);
    }
  });

  test("with a NUL in the id of a pair is no failure of ours", async () => {
    const content = JSON.stringify(enrichedConversation()).replace(
      '"id":"turn1"',
      '"id":"\\u0000"',
    );

    const { answer } = await attempt(content);

    expect(answer.status, answer.text).toBeLessThan(500);
  });
});
