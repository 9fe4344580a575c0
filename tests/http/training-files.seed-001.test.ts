import { beforeAll, describe, expect, test } from "vitest";
import { addConversation } from "../support/conversations.ts";
import {
  callFiles,
  change,
  createFile,
  download,
  fileOf,
  linesOf,
  objectsOf,
  scoresOf,
  sha256Of,
  type TrainingFile,
} from "../support/training-files.ts";
import { createUser, type User } from "../support/user.ts";
import { expectError } from "./support/expect-error.ts";

describe("the seven test cases of seed 001", () => {
  let user: User;
  let ids: string[];
  let file: TrainingFile;

  const members = async () => {
    const { data } = await user.client.from("training_file_conversations")
      .select("conversation_id").eq("training_file_id", file.id).order("position");
    return data!.map((row) => row.conversation_id);
  };

  beforeAll(async () => {
    user = await createUser();
    ids = [
      await addConversation(user, { pairs: 2, score: 4.5, persona: "anxious_planner" }),
      await addConversation(user, { pairs: 3, score: 3, persona: "anxious_planner" }),
      await addConversation(user, { pairs: 1, openPairs: 1, score: 4, persona: "optimist" }),
      await addConversation(user, { pairs: 2, score: 5, isReviewed: true, persona: "optimist" }),
      await addConversation(user, { pairs: 2, score: 2, persona: "optimist" }),
    ];
  });

  test("1: a training file is created with its figures, members and two objects", async () => {
    const answer = await callFiles(user, "", {
      body: {
        name: "test_training_file_001",
        description: "Test training file for validation",
        conversation_ids: ids.slice(0, 3),
      },
    });

    file = fileOf(answer, 201);
    expect(file).toMatchObject({
      org_id: user.orgId,
      name: "test_training_file_001",
      description: "Test training file for validation",
      json_file_path: `${file.id}/v1/training.json`,
      jsonl_file_path: `${file.id}/v1/training.jsonl`,
      storage_bucket: "training-files",
      conversation_count: 3,
      total_training_pairs: 6,
      human_reviewed_count: 0,
      scaffolding_distribution: {
        personas: { anxious_planner: 2, optimist: 1 },
        emotional_arcs: { fear_to_confidence: 3 },
        training_topics: { debt_consolidation: 3 },
      },
      status: "active",
      version: 1,
      stale: false,
      created_by: user.id,
    });
    expect(scoresOf(file)).toEqual([3.83, 3, 4.5]);
    expect(await objectsOf(user.stack, file.id)).toEqual([
      "v1/manifest.json",
      "v1/training.json",
      "v1/training.jsonl",
    ]);
    expect(await members()).toEqual(ids.slice(0, 3));
  });

  test("2: conversations are added, and all figures and both objects with them", async () => {
    const added = fileOf(await change(user, file.id, "add", ids.slice(3)), 200);

    expect(added).toMatchObject({
      conversation_count: 5,
      total_training_pairs: 10,
      human_reviewed_count: 1,
      scaffolding_distribution: { personas: { anxious_planner: 2, optimist: 3 } },
      version: 2,
      json_file_path: `${file.id}/v2/training.json`,
    });
    expect(scoresOf(added)).toEqual([3.7, 2, 5]);
    expect(await members()).toEqual(ids);
    const json = JSON.parse((await download(user, file.id, { format: "json" })).text);
    expect(json.conversations).toHaveLength(5);
    const { text } = await download(user, file.id, { format: "jsonl" });
    expect(linesOf(text)).toHaveLength(11);
    file = added;
  });

  test("3: a conversation that is there already is refused, and nothing changes", async () => {
    const before = await objectsOf(user.stack, file.id);

    const answer = await change(user, file.id, "add", [ids[0]!]);

    expectError(answer, 400, "CONVERSATIONS_ALREADY_IN_FILE");
    expect(answer.body.message).toBe(`Conversations already in training file: ${ids[0]}`);
    expect(fileOf(await callFiles(user, `/${file.id}`), 200)).toEqual(file);
    expect(await objectsOf(user.stack, file.id)).toEqual(before);
    expect(await members()).toEqual(ids);
  });

  test("4: a conversation that is not enriched blocks the file", async () => {
    const unready = await addConversation(user, { status: "not_started" });

    const answer = await callFiles(user, "", {
      body: { name: "test_invalid", conversation_ids: [unready] },
    });

    expectError(answer, 400, "CONVERSATION_NOT_READY");
    expect(answer.body).toMatchObject({
      message: "1 conversations cannot be used",
      details: [{
        conversation_id: unready,
        reason: "enrichment_status is 'not_started', must be 'completed'",
      }],
      hint: "Enrich them first",
    });
    const { data } = await user.client.from("training_files").select("id").eq(
      "name",
      "test_invalid",
    );
    expect(data).toEqual([]);
  });

  test("5: the JSON is downloaded through a signed URL and has the structure of v4.0", async () => {
    const json = await download(user, file.id, { format: "json" });

    expect(json.expires_in_seconds).toBe(3600);
    expect(json.filename).toBe("test_training_file_001.json");
    expect(json.size_bytes).toBe(json.bytes.byteLength);
    expect(json.sha256).toBe(await sha256Of(json.bytes));
    const full = JSON.parse(json.text);
    expect(Object.keys(full)).toEqual([
      "training_file_metadata",
      "consultant_profile",
      "conversations",
    ]);
    expect(full.training_file_metadata).toMatchObject({
      version: "4.0.0",
      format_spec: "brightrun-lora-v4",
      total_conversations: 5,
      total_training_pairs: 10,
      quality_summary: { human_reviewed_count: 1, human_reviewed_percentage: 20 },
    });
    for (const [index, conversation] of full.conversations.entries()) {
      expect(conversation.conversation_metadata.conversation_id).toBe(ids[index]);
      expect(conversation.conversation_metadata.scaffolding).toMatchObject({
        emotional_arc_key: "fear_to_confidence",
        training_topic_key: "debt_consolidation",
      });
    }
  });

  test("6: the JSONL is downloaded through a signed URL, a header and one line a pair", async () => {
    const jsonl = await download(user, file.id, { format: "jsonl" });

    expect(jsonl.expires_in_seconds).toBe(3600);
    expect(jsonl.filename).toBe("test_training_file_001.jsonl");
    expect(jsonl.sha256).toBe(await sha256Of(jsonl.bytes));
    const [header, ...pairs] = linesOf(jsonl.text);
    expect(header).toEqual({
      _meta: { file_name: "test_training_file_001", total_pairs: 10, version: "4.0.0" },
    });
    expect(pairs).toHaveLength(10);
    for (const pair of pairs) {
      expect(Object.keys(pair).slice(0, 3)).toEqual(["id", "conversation_id", "turn_number"]);
      expect(ids).toContain(pair.conversation_id);
      expect(pair.target_response).toMatch(/^Answer/);
    }
  });

  test("7: the active files are listed, newest first", async () => {
    const newer = await createFile(user, ids.slice(0, 1));
    const archived = await createFile(user, ids.slice(0, 1));
    await callFiles(user, `/${archived.id}`, { method: "PATCH", body: { status: "archived" } });

    const { status, body } = await callFiles(user, "");

    expect(status).toBe(200);
    expect((body.files as TrainingFile[]).map(({ id }) => id)).toEqual([newer.id, file.id]);
    expect(body.next_cursor).toBeNull();
  });
});
