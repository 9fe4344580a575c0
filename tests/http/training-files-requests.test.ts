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
import {
  addMember,
  adminOf,
  createMember,
  createOrganization,
  createUser,
  signUp,
  type User,
} from "../support/user.ts";
import { expectError } from "./support/expect-error.ts";

let user: User;
let ids: string[];

beforeAll(async () => {
  user = await createUser();
  ids = await addConversations(user, 4);
});

/** Everything that a refused request might have left behind. */
async function traces({ stack, orgId }: Pick<User, "stack" | "orgId">) {
  const admin = adminOf(stack);
  const tables = ["training_files", "training_file_versions", "training_artifacts"] as const;
  return await Promise.all(tables.map(async (table) => {
    const { count } = await admin.from(table).select("*", { count: "exact", head: true })
      .eq("org_id", orgId);
    return count;
  }));
}

const uniqueName = () => `File ${crypto.randomUUID()}`;

describe("POST /training-files", () => {
  test.each<[string, () => Record<string, unknown>]>([
    ["no name", () => ({ conversation_ids: ids })],
    ["an empty name", () => ({ name: "", conversation_ids: ids })],
    ["a name of spaces", () => ({ name: "  ", conversation_ids: ids })],
    ["a name of 256 characters", () => ({ name: "x".repeat(256), conversation_ids: ids })],
    ["a name that is a number", () => ({ name: 7, conversation_ids: ids })],
    ["a description of 2001 characters", () => ({
      name: uniqueName(),
      description: "x".repeat(2001),
      conversation_ids: ids,
    })],
    ["no conversations", () => ({ name: uniqueName() })],
    ["an empty list of conversations", () => ({ name: uniqueName(), conversation_ids: [] })],
    ["81 conversations", () => ({
      name: uniqueName(),
      conversation_ids: Array.from({ length: 81 }, () => crypto.randomUUID()),
    })],
    ["a repeated conversation", () => ({ name: uniqueName(), conversation_ids: [ids[0], ids[0]] })],
    ["one conversation in two spellings", () => ({
      name: uniqueName(),
      conversation_ids: [ids[0], ids[0]!.toUpperCase()],
    })],
    ["an id that is not a uuid", () => ({ name: uniqueName(), conversation_ids: ["uuid-1"] })],
    ["an unknown field", () => ({ name: uniqueName(), conversation_ids: ids, force: true })],
    ["an unknown validation", () => ({
      name: uniqueName(),
      conversation_ids: ids,
      validation: "none",
    })],
    ["an orgId that is not a uuid", () => ({
      name: uniqueName(),
      conversation_ids: ids,
      orgId: "mine",
    })],
  ])("refuses %s and writes nothing", async (_, body) => {
    const before = await traces(user);

    expectError(await callFiles(user, "", { body: body() }), 400, "INVALID_REQUEST");

    expect(await traces(user)).toEqual(before);
  });

  test("takes the longest name and no description", async () => {
    const name = "é".repeat(255);

    const file = await createFile(user, ids, { name });

    expect(file).toMatchObject({ name, description: null });
  });

  test("refuses a name that is taken, white space aside", async () => {
    const { name } = await createFile(user, ids);
    const before = await traces(user);

    const answer = await callFiles(user, "", {
      body: { name: ` ${name} `, conversation_ids: ids },
    });

    expectError(answer, 409, "NAME_TAKEN");
    expect(await traces(user)).toEqual(before);
  });

  test("lets two organisations use one name", async () => {
    const other = await createUser();
    const { name } = await createFile(user, ids);

    const file = await createFile(other, [await addConversation(other)], { name });

    expect(file).toMatchObject({ name, org_id: other.orgId });
  });

  test("names every conversation that is not ready, and writes nothing", async () => {
    const unready = [
      await addConversation(user, { status: "not_started" }),
      await addConversation(user, { status: "enrichment_in_progress" }),
    ];
    const pathless = crypto.randomUUID();
    await user.client.from("conversations").insert({
      org_id: user.orgId,
      conversation_id: pathless,
      enrichment_status: "completed",
    });
    const before = await traces(user);

    const answer = await callFiles(user, "", {
      body: { name: uniqueName(), conversation_ids: [...ids, ...unready, pathless] },
    });

    expectError(answer, 400, "CONVERSATION_NOT_READY");
    expect(answer.body.message).toBe("3 conversations cannot be used");
    const details = answer.body.details as { conversation_id: string; reason: string }[];
    expect(new Map(details.map((one) => [one.conversation_id, one.reason]))).toEqual(
      new Map([
        [unready[0], "enrichment_status is 'not_started', must be 'completed'"],
        [unready[1], "enrichment_status is 'enrichment_in_progress', must be 'completed'"],
        [pathless, "enriched_file_path is missing"],
      ]),
    );
    expect(await traces(user)).toEqual(before);
  });

  test.each<[string, () => Promise<string>]>([
    ["nobody has", () => Promise.resolve(crypto.randomUUID())],
    ["another organisation has", async () => await addConversation(await createUser())],
  ])("does not find a conversation that %s", async (_, find) => {
    const id = await find();
    const before = await traces(user);

    const answer = await callFiles(user, "", {
      body: { name: uniqueName(), conversation_ids: [ids[0], id] },
    });

    expectError(answer, 404, "CONVERSATION_NOT_FOUND");
    expect(answer.body.details).toEqual({ conversation_ids: [id] });
    expect(await traces(user)).toEqual(before);
  });

  test("refuses two consultants in one file, and writes nothing", async () => {
    const other = await addConversation(user, { consultant: { name: "Somebody Else" } });
    const before = await traces(user);

    const answer = await callFiles(user, "", {
      body: { name: uniqueName(), conversation_ids: [ids[0], other] },
    });

    expectError(answer, 422, "CONSULTANT_PROFILE_MISMATCH");
    expect(await traces(user)).toEqual(before);
  });

  test("with strict validation refuses what it would repair otherwise", async () => {
    const flawed = await addConversation(user, { pairs: 0, openPairs: 1 });
    const body = { name: uniqueName(), conversation_ids: [ids[0], flawed] };
    const before = await traces(user);

    const strict = await callFiles(user, "", { body: { ...body, validation: "strict" } });
    const afterStrict = await traces(user);
    const repair = await callFiles(user, "", { body });

    expectError(strict, 422, "VALIDATION_FAILED");
    expect(afterStrict).toEqual(before);
    fileOf(repair, 201);
  });
});

describe("the organisation of a request", () => {
  test("is asked for when the user has several", async () => {
    const member = await createUser();
    const second = await createOrganization(member);
    const conversation = await addConversation({ ...member, orgId: second });
    const body = { name: uniqueName(), conversation_ids: [conversation] };

    const left = await callFiles(member, "", { body });
    const given = await callFiles(member, "", { body: { ...body, orgId: second } });
    const listed = await callFiles(member, "");
    const previewed = await callFiles(member, "/preview", {
      body: { conversation_ids: [conversation] },
    });

    expectError(left, 400, "ORG_REQUIRED");
    expect(fileOf(given, 201).org_id).toBe(second);
    expectError(listed, 400, "ORG_REQUIRED");
    expectError(previewed, 400, "ORG_REQUIRED");
  });

  test("is not found when it is somebody else's", async () => {
    const stranger = await createUser();
    const body = { name: uniqueName(), conversation_ids: ids, orgId: user.orgId };
    const before = await traces(user);

    expectError(await callFiles(stranger, "", { body }), 404, "ORG_NOT_FOUND");
    expectError(await callFiles(stranger, `?orgId=${user.orgId}`), 404, "ORG_NOT_FOUND");

    expect(await traces(user)).toEqual(before);
  });

  test("is not found for somebody who belongs to none", async () => {
    const nobody = { ...await signUp(user.stack), orgId: "" };

    const answer = await callFiles(nobody, "");

    expect(answer.status).toBe(404);
    expectError(answer, 404, "ORG_NOT_FOUND");
  });
});

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

describe("a member of two organisations", () => {
  test("does not mix their conversations", async () => {
    const other = await createUser();
    const both = await createMember(user, "editor");
    await addMember(both, other.orgId, "editor");
    const theirs = await addConversation(other);
    const body = { name: uniqueName(), conversation_ids: [ids[0], theirs], orgId: user.orgId };

    const answer = await callFiles(both, "", { body });

    expectError(answer, 404, "CONVERSATION_NOT_FOUND");
    expect(answer.body.details).toEqual({ conversation_ids: [theirs] });
  });
});
