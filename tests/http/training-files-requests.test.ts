import { beforeAll, describe, expect, test } from "vitest";
import { addConversation, addConversations } from "../support/conversations.ts";
import { callFiles, createFile, fileOf } from "../support/training-files.ts";
import {
  addMember,
  createMember,
  createOrganization,
  createUser,
  signUp,
  type User,
} from "../support/user.ts";
import { expectError } from "./support/expect-error.ts";
import { traces } from "./support/traces.ts";

let user: User;
let ids: string[];

beforeAll(async () => {
  user = await createUser();
  ids = await addConversations(user, 4);
});

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
