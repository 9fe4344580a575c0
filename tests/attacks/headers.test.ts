import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type OwnStack, startOwnStack } from "../support/own-stack.ts";
import { type ProviderServer, startProviderServer } from "../support/provider-server.ts";
import { addConversation } from "../support/conversations.ts";
import { callFiles, createFile, type Download } from "../support/training-files.ts";
import { callFunction, createUser, type User } from "../support/user.ts";
import { rawRequest } from "../http/support/raw-request.ts";

let provider: ProviderServer;
let own: OwnStack;
let user: User;

beforeAll(async () => {
  provider = startProviderServer();
  provider.answer = ({ body }) =>
    Response.json({
      data: [body.input].flat().map((_, index) => ({ index, embedding: [1, 0] })),
      usage: { prompt_tokens: 1 },
    });
  own = await startOwnStack({
    cron: false,
    ownDatabase: true,
    env: { EMBEDDING_BASE_URL: `${provider.url}/v1`, EMBEDDING_API_KEY: "the provider's key" },
  });
  user = await createUser(own.address);
});
afterAll(async () => {
  await own[Symbol.asyncDispose]();
  provider[Symbol.dispose]();
});

describe("headers of a caller", () => {
  test("do not travel to the provider, whatever they are", async () => {
    const evil = { "x-evil": "marker", "openai-organization": "marker", "user-agent": "marker" };

    const answer = await callFunction("search", {
      user,
      body: { query: "roof" },
      headers: { ...evil, cookie: "a=marker", "x-forwarded-for": "marker", accept: "x/marker" },
    });

    const { headers } = provider.calls.at(-1)!;
    expect(answer.status, answer.text).toBe(200);
    expect(JSON.stringify([...headers])).not.toContain("marker");
    expect(JSON.stringify([...headers])).not.toContain(user.accessToken);
    expect(headers.get("authorization")).toBe("Bearer the provider's key");
  });

  test.each([
    ["bytes outside ASCII", "x-evil: \u00e9\u20ac\u{1f600}"],
    ["a bare carriage return", "x-evil: a\rapikey: b"],
    ["a NUL", "x-evil: a\0b"],
    ["a folded line", "x-evil: a\r\n b"],
    ["a second length", "Content-Length: 3"],
    ["a length and chunks", "Transfer-Encoding: chunked"],
  ])("with %s are taken or refused, and are no failure", async (_, line) => {
    const body = JSON.stringify({ query: "roof", mode: "text" });
    const answer = await rawRequest(own.address.url, [
      "POST /functions/v1/search HTTP/1.1",
      `apikey: ${own.address.publishableKey}`,
      `Authorization: Bearer ${user.accessToken}`,
      "Content-Type: application/json",
      `Content-Length: ${body.length}`,
      line,
    ], body);

    expect(answer.status === 200 || (answer.status >= 400 && answer.status < 500)).toBe(true);
    expect(answer.text).not.toContain("x-evil");
  });

  test("are not made by the name of a file", async () => {
    const name = `a"; filename=b.exe; é 😀 ${crypto.randomUUID()}`;
    const file = await createFile(user, [await addConversation(user)], { name });

    const { body } = await callFiles(user, `/${file.id}/download?format=json`);
    const { download_url, filename } = body as unknown as Download;
    const response = await fetch(download_url);
    await response.body?.cancel();

    expect(response.status).toBe(200);
    expect(filename).toBe(`${name}.json`);
    expect(new URL(download_url).searchParams.getAll("download").length).toBeLessThanOrEqual(1);
    expect(response.headers.get("content-disposition") ?? "").not.toMatch(/[;"] *filename=b\.exe/);
  });
});
