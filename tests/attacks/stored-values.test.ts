import { beforeAll, describe, expect, test } from "vitest";
import { addConversation } from "../support/conversations.ts";
import { credentialsOf } from "../support/credentials-of.ts";
import { callFiles } from "../support/training-files.ts";
import { adminOf, createUser, type User } from "../support/user.ts";
import { expectError } from "../http/support/expect-error.ts";

let user: User;
let victim: User;
let conversationId: string;

beforeAll(async () => {
  [user, victim] = await Promise.all([createUser(), createUser()]);
  conversationId = await addConversation(user);
});

/** Inserts a row as supabase-js does, with a body that it could not write. */
function postProject(body: string): Promise<Response> {
  return fetch(`${user.stack.url}/rest/v1/projects`, {
    method: "POST",
    headers: {
      ...credentialsOf(user),
      "content-type": "application/json",
      prefer: "return=representation",
    },
    body,
  });
}

describe("of two equal keys", () => {
  test("the last is what is judged and what is stored", async () => {
    const [first, last] = [crypto.randomUUID(), crypto.randomUUID()];

    const bad = await callFiles(user, "", {
      body: `{"name":"${first}","name":"","conversation_ids":["${conversationId}"]}`,
    });
    const good = await callFiles(user, "", {
      body: `{"name":"","name":"${last}","conversation_ids":["${conversationId}"]}`,
    });

    expectError(bad, 400, "INVALID_REQUEST");
    expect(good.status, good.text).toBe(201);
    expect(good.body.trainingFile).toMatchObject({ name: last });
  });

  test("the one that is stored is the one whose rights are asked", async () => {
    const post = async (...orgIds: string[]) => {
      const keys = orgIds.map((id) => `"org_id":"${id}"`);
      const answer = await postProject(`{${keys},"name":"Twice"}`);
      await answer.body?.cancel();
      return answer.status;
    };

    const statuses = [await post(user.orgId, victim.orgId), await post(victim.orgId, user.orgId)];

    const { data } = await adminOf(user.stack).from("projects").select("org_id")
      .eq("name", "Twice").in("org_id", [user.orgId, victim.orgId]).throwOnError();
    expect(statuses).toEqual([403, 201]);
    expect(data).toEqual([{ org_id: user.orgId }]);
  });
});

describe("a row over the REST API", () => {
  const insert = (name: string, more = "") =>
    postProject(`{"org_id":"${user.orgId}","name":${name}${more}}`);

  test.each([
    ["a letter outside ASCII", '"\\u00e9"', 201],
    ["the same letter in two parts", '"e\\u0301"', 201],
    ["an emoji", '"\\ud83d\\ude00"', 201],
    ["a right-to-left mark", '"a\\u202eb"', 201],
    ["what looks like an escape", '"a\\\\u0000"', 201],
    ["a NUL", '"a\\u0000b"', 400],
  ])("with %s is stored or refused, and is no failure", async (_, name, status) => {
    const answer = await insert(name);
    const body = await answer.json();

    expect(answer.status, JSON.stringify(body)).toBe(status);
    if (status === 201) expect(body).toMatchObject([{ name: JSON.parse(name) }]);
  });

  test("with half of a surrogate pair is refused, or has a sign of what was there", async () => {
    const answer = await insert('"\\ud800"');
    const body = await answer.json();

    expect([201, 400]).toContain(answer.status);
    if (answer.status === 201) expect(body).toMatchObject([{ name: "\ufffd" }]);
  });

  test.each([
    ["an unknown column", ',"x":1'],
    ["__proto__", ',"__proto__":{"org_id":"x"}'],
    ["constructor", ',"constructor":{"prototype":{}}'],
    ["a column that the machine writes", ',"created_at":"2000-01-01"'],
  ])("with %s is refused", async (_, more) => {
    const answer = await insert('"fine"', more);
    await answer.body?.cancel();

    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.status).toBeLessThan(500);
    expect(await insert('"fine"').then(async (good) => (await good.json(), good.status))).toBe(201);
  });
});
