import { beforeAll, describe, expect, test } from "vitest";
import { addConversation, addConversations } from "../support/conversations.ts";
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

describe("GET /training-files", () => {
  let user: User;
  const byScore = new Map<number, TrainingFile>();

  const list = async (query: Record<string, string>) => {
    const { status, body, text } = await callFiles(user, `?${new URLSearchParams(query)}`);
    expect(status, text).toBe(200);
    return {
      names: (body.files as TrainingFile[]).map(({ name }) => name),
      next: body.next_cursor as string | null,
    };
  };

  beforeAll(async () => {
    user = await createUser();
    for (const score of [2, 3, 4, 5]) {
      const conversation = await addConversation(user, { score });
      byScore.set(score, await createFile(user, [conversation], { name: `100%_${score} files` }));
    }
  });

  test("filters by quality, both ends included", async () => {
    const { names } = await list({ min_quality: "3", max_quality: "4" });

    expect(names).toEqual(["100%_4 files", "100%_3 files"]);
  });

  test("searches in names, where % and _ mean themselves", async () => {
    const found = await list({ q: "%_4 FILES" });
    const none = await list({ q: "1_0" });

    expect([found.names, none.names]).toEqual([["100%_4 files"], []]);
  });

  test("filters by status", async () => {
    const { id } = await createFile(user, [await addConversation(user)], { name: "Put away" });
    await callFiles(user, `/${id}`, { method: "PATCH", body: { status: "archived" } });

    const { names } = await list({ status: "archived" });

    expect(names).toEqual(["Put away"]);
  });

  test("goes through all files, page by page, each once", async () => {
    const pages: string[][] = [];
    for (let cursor: string | null = ""; cursor !== null;) {
      const page = await list({ limit: "3", ...(cursor && { cursor }) });
      pages.push(page.names);
      cursor = page.next;
    }

    expect(pages).toEqual([
      ["100%_5 files", "100%_4 files", "100%_3 files"],
      ["100%_2 files"],
    ]);
  });

  test.each([
    "status=deleted",
    "limit=0",
    "limit=201",
    "min_quality=ten",
    "cursor=x",
    "q=%00",
    "page=2",
  ])(
    "refuses %s",
    async (query) => {
      expectError(await callFiles(user, `?${query}`), 400, "INVALID_REQUEST");
    },
  );
});
