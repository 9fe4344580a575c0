import { beforeAll, describe, expect, test } from "vitest";
import { gzipSync } from "fflate";
import { addConversation } from "../support/conversations.ts";
import { callFunction, createUser, type User } from "../support/user.ts";
import { expectError } from "../http/support/expect-error.ts";

let user: User;
let conversationId: string;

beforeAll(async () => {
  user = await createUser();
  conversationId = await addConversation(user);
});

/** Every route that reads a body, with one that it takes. */
const bodies: [string, string, () => Record<string, unknown>, number][] = [
  ["search", "POST", () => ({ query: "roof", mode: "text" }), 200],
  ["training-files", "POST", () => ({
    name: crypto.randomUUID(),
    conversation_ids: [conversationId],
  }), 201],
  ["training-files/preview", "POST", () => ({ conversation_ids: [conversationId] }), 200],
  ["process-jobs", "POST", () => ({ wait: true, max_jobs: 1 }), 200],
  ["training-library/train-for-doc", "POST", () => ({ vaultDocumentId: conversationId }), 404],
  ["enrichment/projects/00000000-0000-0000-0000-000000000000/retry", "POST", () => ({}), 404],
];

function send(path: string, method: string, body: unknown, headers: Record<string, string> = {}) {
  return path === "process-jobs"
    ? callFunction(path, {
      method,
      body,
      headers: { apikey: user.stack.cronKey, ...headers },
    })
    : callFunction(path, { user, method, body, headers });
}

const bomb = gzipSync(new Uint8Array(100 * 1024 * 1024).fill(0x20)).slice();
const utf16 = (text: string) =>
  new Uint8Array(
    new Uint16Array(
      [0xfeff, ...text].map((letter) => typeof letter === "number" ? letter : letter.charCodeAt(0)),
    ).buffer,
  );

describe.each(bodies)("the body of %s", (path, method, make, status) => {
  test("is taken as it should be", async () => {
    const answer = await send(path, method, make());

    expect(answer.status, answer.text).toBe(status);
  });

  test("is refused when 100 kB of it would become 100 MB", async () => {
    for (const encoding of ["gzip", "x-gzip", "GZIP", "identity, gzip"]) {
      const answer = await send(path, method, bomb, { "content-encoding": encoding });

      expectError(answer, 415, "UNSUPPORTED_MEDIA_TYPE");
    }
    const undeclared = await send(path, method, bomb);
    expectError(undeclared, 400, "INVALID_REQUEST");
  });

  test("is refused in UTF-16, whether it says so or not", async () => {
    const body = utf16(JSON.stringify(make()));

    expectError(await send(path, method, body), 400, "INVALID_REQUEST");
    expectError(
      await send(path, method, body, { "content-type": "application/json; charset=utf-16" }),
      415,
      "UNSUPPORTED_MEDIA_TYPE",
    );
  });

  test("is refused with a million ids", async () => {
    const ids = Array(1_000_000).fill(1);

    const answer = await send(path, method, { ...make(), conversation_ids: ids });

    expectError(answer, 413, "REQUEST_TOO_LARGE");
  });
});
