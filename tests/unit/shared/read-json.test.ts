import fc from "fast-check";
import { afterEach, describe, expect, test, vi } from "vitest";
import { ApiError } from "../../../shared/errors.ts";
import { maxBodyBytes, readJson } from "../../../shared/read-json.ts";

afterEach(() => {
  vi.useRealTimers();
});

function request(body: BodyInit | null, headers: Record<string, string> = {}): Request {
  return new Request("http://x", {
    method: "POST",
    body,
    headers: { "content-type": "application/json", ...headers },
  });
}

async function refusal(request: Request): Promise<ApiError> {
  const error = await readJson(request).then(() => null, (error) => error);
  if (error instanceof ApiError) return error;
  throw new Error("not refused as expected", { cause: error });
}

function nested(depth: number): string {
  return `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`;
}

describe("readJson", () => {
  test("gives back whatever JSON can say", async () => {
    await fc.assert(fc.asyncProperty(
      fc.jsonValue({ maxDepth: 8, stringUnit: "grapheme" }).filter((value) =>
        !JSON.stringify(value).includes("\\u0000")
      ),
      async (value) => {
        expect(await readJson(request(JSON.stringify(value)))).toEqual(
          JSON.parse(JSON.stringify(value)),
        );
      },
    ));
  });

  test.each([
    "application/json",
    "application/json;charset=utf-8",
    "Application/JSON ; Charset = UTF-8",
    'application/json; charset="utf-8"',
  ])("takes the content type %s", async (type) => {
    expect(await readJson(request("[1]", { "content-type": type }))).toEqual([1]);
  });

  test.each([
    "",
    "text/json",
    "application/jsonp",
    "application/json; charset=latin1",
    "application/json; charset=utf-8; boundary=x",
    "application/json\t;x",
  ])("refuses the content type '%s'", async (type) => {
    const { code, status } = await refusal(request("{}", { "content-type": type }));

    expect([code, status]).toEqual(["UNSUPPORTED_MEDIA_TYPE", 415]);
  });

  test.each([["gzip", 415], ["GZIP", 415], ["identity, gzip", 415]])(
    "refuses the encoding %s",
    async (encoding, status) => {
      expect((await refusal(request("{}", { "content-encoding": encoding }))).status).toBe(status);
    },
  );

  test("refuses no body at all", async () => {
    expect((await refusal(request(null))).code).toBe("INVALID_REQUEST");
  });

  test("takes a body of exactly the limit, and none of a byte more", async () => {
    const fill = (size: number) => `"${"x".repeat(size - 2)}"`;

    expect(await readJson(request(fill(maxBodyBytes)))).toHaveLength(maxBodyBytes - 2);
    const { code, status } = await refusal(request(fill(maxBodyBytes + 1)));
    expect([code, status]).toEqual(["REQUEST_TOO_LARGE", 413]);
  });

  test("believes a declared length that is too large, and no other", async () => {
    const honest = await refusal(request("{}", { "content-length": `${maxBodyBytes + 1}` }));
    const lying = await refusal(request("x".repeat(maxBodyBytes + 1), { "content-length": "10" }));

    expect(honest.code).toBe("REQUEST_TOO_LARGE");
    expect(lying.code).toBe("REQUEST_TOO_LARGE");
  });

  test("stops reading a stream at the limit", async () => {
    let pulled = 0;
    let isCancelled = false;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        pulled += 64 * 1024;
        controller.enqueue(new Uint8Array(64 * 1024));
      },
      cancel() {
        isCancelled = true;
      },
    });

    const { code } = await refusal(request(endless));

    expect(code).toBe("REQUEST_TOO_LARGE");
    expect(pulled).toBeLessThan(2 * maxBodyBytes);
    expect(isCancelled).toBe(true);
  });

  test("gives up on a body that has not arrived after ten seconds", async () => {
    vi.useFakeTimers();
    const dripping = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(new TextEncoder().encode("{")),
    });

    const refused = refusal(request(dripping));
    await vi.advanceTimersByTimeAsync(10_000);

    expect((await refused).code).toBe("REQUEST_TIMEOUT");
    expect((await refused).status).toBe(408);
  });

  test("refuses a body that breaks off, as the caller's fault", async () => {
    const broken = new ReadableStream<Uint8Array>({
      start: (controller) => controller.error(new Error("reset")),
    });

    expect((await refusal(request(broken))).code).toBe("INVALID_REQUEST");
  });

  test("takes 64 levels and refuses 65, with the path", async () => {
    expect(await readJson(request(nested(64)))).toHaveProperty("a");

    const { details } = await refusal(request(nested(65)));

    expect(details).toEqual([{
      path: Array(64).fill("a").join("."),
      message: "is nested deeper than 64 levels",
    }]);
  });

  test("refuses 100,000 levels without an overflow", async () => {
    expect((await refusal(request(nested(100_000)))).code).toBe("INVALID_REQUEST");
  });

  test.each([
    ['"\\u0000"', ""],
    ['{"a":["\\u0000"]}', "a.0"],
    ['{"a":{"\\u0000":1}}', "a"],
    ['"\\ud800"', ""],
    ['{"a":"\\udc00\\ud800"}', "a"],
    ['{"\\ud83d":1}', ""],
  ])("refuses %s, which PostgreSQL cannot store, at '%s'", async (body, path) => {
    const { code, details } = await refusal(request(body));

    expect(code).toBe("INVALID_REQUEST");
    expect(details).toEqual([{ path, message: expect.stringContaining("NUL") }]);
  });

  test("takes escapes that only look like those", async () => {
    expect(await readJson(request('["\\\\u0000","\\ud83d\\ude00"]'))).toEqual(["\\u0000", "😀"]);
  });

  test("keeps a __proto__ key to itself", async () => {
    const value = await readJson(request('{"__proto__":{"isAdmin":true}}'));

    expect(Object.keys(value as object)).toEqual(["__proto__"]);
    expect(({} as Record<string, unknown>).isAdmin).toBeUndefined();
  });
});
