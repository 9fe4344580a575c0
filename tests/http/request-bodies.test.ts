import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { adminOf, callFunction, createUser, type User } from "../support/user.ts";
import { expectError } from "./support/expect-error.ts";
import { rawRequest } from "./support/raw-request.ts";

const routes = ["search", "training-library/train-for-doc", "process-jobs"];
let user: User;

beforeAll(async () => {
  user = await createUser();
});

// Whatever these tests send is refused, so nothing may be there afterwards.
afterAll(async () => {
  for (const table of ["mono_training_sets", "mono_training_docs", "mono_training_jobs"] as const) {
    const { count } = await adminOf(user.stack).from(table)
      .select("*", { count: "exact", head: true }).eq("org_id", user.orgId);
    expect(count, table).toBe(0);
  }
});

function call(route: string, body: unknown, headers: Record<string, string> = {}) {
  return route === "process-jobs"
    ? callFunction(route, { body, headers: { apikey: user.stack.cronKey, ...headers } })
    : callFunction(route, { user, body, headers });
}

function nested(depth: number): string {
  return "[".repeat(depth) + "]".repeat(depth);
}

describe.each(routes)("the body of %s", (route) => {
  test.each([
    ["nothing", ""],
    ["null", "null"],
    ["an array", "[]"],
    ["a string", '"x"'],
    ["a number", "1"],
    ["NaN", "NaN"],
    ["a trailing comma", '{"query":"x",}'],
    ["two documents", '{"query":"x"}{"query":"x"}'],
    ["half a document", '{"query":"x"'],
    ["single quotes", "{'query':'x'}"],
    ["10,000 levels", nested(10_000)],
    ["10,000 levels in a field", `{"query":"x","metadata":{"a":${nested(10_000)}}}`],
    ["400,000 levels", nested(400_000)],
    ["an unknown field", '{"query":"x","mode":"text","user_id":"x"}'],
    ["a __proto__ key", '{"query":"x","mode":"text","__proto__":{"orgId":"x"}}'],
    ["a constructor key", '{"query":"x","mode":"text","constructor":{"prototype":{}}}'],
    ["a NUL in a value", '{"query":"a\\u0000b","mode":"text"}'],
    ["a NUL in a key", '{"query":"x","metadata":{"a\\u0000":1}}'],
    ["a lone surrogate", '{"query":"\\ud800","mode":"text"}'],
    ["bytes that are not UTF-8", new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x7d])],
  ])("is refused when it is %s", async (_, body) => {
    const answer = await call(route, body);

    expectError(answer, 400, "INVALID_REQUEST");
  });

  test("is refused over one megabyte", async () => {
    const answer = await call(route, `{"query":"${"x".repeat(1024 * 1024)}"}`);

    expectError(answer, 413, "REQUEST_TOO_LARGE");
  });

  test("is refused over one megabyte without a declared length", async () => {
    let sent = 0;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += 64 * 1024;
        if (sent > 256 * 1024 * 1024) return controller.close();
        controller.enqueue(new Uint8Array(64 * 1024).fill(0x20));
      },
    });

    const answer = await call(route, body);

    expectError(answer, 413, "REQUEST_TOO_LARGE");
    expect(sent).toBeLessThan(256 * 1024 * 1024);
  });

  test.each([
    ["text/plain"],
    ["application/json; charset=utf-16"],
    ["application/json, text/html"],
    ["application/x-www-form-urlencoded"],
    ["multipart/form-data; boundary=x"],
    ["application/jsonx"],
  ])("is refused as %s", async (type) => {
    const answer = await call(route, "{}", { "content-type": type });

    expectError(answer, 415, "UNSUPPORTED_MEDIA_TYPE");
  });

  test.each(["gzip", "br", "deflate, gzip"])("is refused in %s", async (encoding) => {
    const answer = await call(route, new Uint8Array([0x1f, 0x8b, 8, 0]), {
      "content-encoding": encoding,
    });

    expectError(answer, 415, "UNSUPPORTED_MEDIA_TYPE");
  });

  test("is refused without a content type", async () => {
    const key = route === "process-jobs"
      ? [`apikey: ${user.stack.cronKey}`]
      : [`apikey: ${user.stack.publishableKey}`, `Authorization: Bearer ${user.accessToken}`];

    const answer = await rawRequest(
      user.stack.url,
      [`POST /functions/v1/${route} HTTP/1.1`, ...key, "Content-Length: 2"],
      "{}",
    );

    expect(answer.status).toBe(415);
    expect(answer.text).toContain('"code":"UNSUPPORTED_MEDIA_TYPE"');
  });

  test("names what is wrong in a bounded answer, however much is wrong", async () => {
    const fields = Array.from({ length: 40_000 }, (_, index) => `"${index}-${"k".repeat(10)}":1`);
    const ids = Array.from({ length: 100_000 }, () => "1");

    const many = await call(route, `{${fields}}`);
    const long = await call(route, `{"${"k".repeat(900_000)}":"\\u0000"}`);
    const list = await call(route, `{"training_set_ids":[${ids}],"kinds":[${ids}]}`);

    for (const answer of [many, long, list]) {
      expectError(answer, 400, "INVALID_REQUEST");
      expect(answer.text.length).toBeLessThan(10_000);
    }
  });
});

describe("a valid body", () => {
  test.each([
    ["with a byte order mark", "\ufeff" + '{"query":"x","mode":"text"}', "application/json"],
    ["with a charset", '{"query":"x","mode":"text"}', 'Application/JSON; charset="UTF-8"'],
    ["with white space around it", ' \n{"query":"x","mode":"text"}\t', "application/json"],
    [
      "with 60 levels",
      `{"query":"x","mode":"text","metadata":{"a":${nested(60)}}}`,
      "application/json",
    ],
  ])("%s is understood", async (_, body, type) => {
    const { status } = await call("search", body, { "content-type": type });

    expect(status).toBe(200);
  });

  test("is judged by the last of two equal keys, which is the one that counts", async () => {
    const lastIsBad = await call("search", '{"query":"x","mode":"text","mode":"psychic"}');
    const lastIsGood = await call("search", '{"query":"x","mode":"psychic","mode":"text"}');

    expectError(lastIsBad, 400, "INVALID_REQUEST");
    expect(lastIsGood.status).toBe(200);
  });
});

describe("a refusal", () => {
  test.each([
    [{ vaultDocumentId: 1 }, "vaultDocumentId"],
    [{ vaultDocumentId: "x" }, "vaultDocumentId"],
    [{ vaultDocumentId: null }, "vaultDocumentId"],
    [{ vaultDocumentId: [crypto.randomUUID()] }, "vaultDocumentId"],
    [{}, "vaultDocumentId"],
    [{ vaultDocumentId: crypto.randomUUID(), orgId: 7 }, "orgId"],
    [{ vaultDocumentId: crypto.randomUUID(), trigger: "cron" }, "trigger"],
  ])("of %j names the field %s", async (body, path) => {
    const answer = await call("training-library/train-for-doc", body);

    expectError(answer, 400, "INVALID_REQUEST");
    expect(answer.body.details).toEqual([{ path, message: expect.any(String) }]);
  });

  test("names the path of a character that cannot be stored", async () => {
    const answer = await call("search", '{"query":"x","metadata":{"a":["b","\\u0000"]}}');

    expect(answer.body.details).toEqual([{ path: "metadata.a.1", message: expect.any(String) }]);
  });
});
