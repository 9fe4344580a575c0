import { afterEach, beforeEach, describe, expect, type MockInstance, test, vi } from "vitest";
import { z } from "zod";
import { ApiError } from "../../../shared/errors.ts";
import { type Answer, handle, route } from "../../../shared/http.ts";

const config = {
  auth: "none" as const,
  env: {
    url: "http://127.0.0.1:1",
    publishableKeys: { default: "sb_publishable_x" },
    secretKeys: { default: "sb_secret_x" },
  },
};
const uuid = /^[0-9a-f]{8}-[0-9a-f-]{27}$/;
let logged: MockInstance<typeof console.error>;

beforeEach(() => {
  logged = vi.spyOn(console, "error").mockImplementation(() => undefined);
});
afterEach(() => {
  logged.mockRestore();
});

/** A function `things` with one route, whose use case is the given one. */
function serve(useCase: () => Promise<Answer>): (request: Request) => Promise<Response> {
  return handle("things", config, (routes) => routes.get("/one", route({}, useCase)));
}

async function get(useCase: () => Promise<Answer>, path = "one") {
  const response = await serve(useCase)(new Request(`http://x/things/${path}`));
  return { status: response.status, headers: response.headers, body: await response.json() };
}

describe("handle", () => {
  test("makes a response of an answer, which nobody may keep", async () => {
    const { status, headers, body } = await get(() =>
      Promise.resolve({ status: 201, body: { id: 1 } })
    );

    expect(status).toBe(201);
    expect(body).toEqual({ id: 1 });
    expect(headers.get("cache-control")).toBe("no-store");
    expect(headers.get("x-request-id")).toMatch(uuid);
    expect(headers.get("access-control-allow-origin")).toBe("*");
  });

  test("makes an empty response of 204", async () => {
    const response = await serve(() => Promise.resolve({ status: 204 }))(
      new Request("http://x/things/one"),
    );

    expect(response.status).toBe(204);
    expect(await response.text()).toBe("");
  });

  test.each([
    [{ retry_after_seconds: 12 }, "12"],
    [{ retry_after_seconds: null }, null],
    [{ retry_after_seconds: "12\r\nx: y" }, null],
    [null, null],
  ])("of details %j, tells %s as Retry-After", async (details, expected) => {
    const { status, headers } = await get(() => {
      throw new ApiError("QUOTA_EXCEEDED", "m", { details });
    });

    expect(status).toBe(429);
    expect(headers.get("retry-after")).toBe(expected);
    expect(headers.get("access-control-expose-headers")).toContain("retry-after");
  });

  test("tells a caller what an ApiError says, and logs nothing", async () => {
    const { status, body } = await get(() => {
      throw new ApiError("JOB_NOT_RETRYABLE", "m", { details: { a: 1 }, hint: "h" });
    });

    expect(status).toBe(409);
    expect(body).toEqual({
      code: "JOB_NOT_RETRYABLE",
      message: "m",
      details: { a: 1 },
      hint: "h",
    });
    expect(logged).not.toHaveBeenCalled();
  });

  test("hides what went wrong inside, and logs it under the id that the caller gets", async () => {
    const { status, headers, body } = await get(() => {
      throw new Error("relation secret", { cause: new TypeError("the cause") });
    });

    const id = headers.get("x-request-id");
    expect(status).toBe(500);
    expect(body).toEqual({
      code: "INTERNAL_ERROR",
      message: "Something went wrong on our side",
      details: null,
      hint: `Ask with the request id ${id}`,
    });
    expect(headers.get("access-control-allow-origin")).toBe("*");
    expect(logged).toHaveBeenCalledTimes(1);
    const line = JSON.parse(logged.mock.calls[0]![0] as string);
    expect(line.requestId).toBe(id);
    expect(line.error).toContain("relation secret");
    expect(line.error).toContain("caused by TypeError: the cause");
  });

  test.each([["text"], [null], [undefined], [{ code: "JOB_NOT_FOUND", message: "m" }]])(
    "answers 500 when something throws %j, which is no error",
    async (thrown) => {
      const { status, headers, body } = await get(() => Promise.reject(thrown));

      expect(status).toBe(500);
      expect(body.code).toBe("INTERNAL_ERROR");
      expect(headers.get("x-request-id")).toMatch(uuid);
    },
  );

  test("logs one line of bounded length, whatever is in an error", async () => {
    await get(() => {
      throw new Error(`first\nsecond ${"x".repeat(1_000_000)}`, { cause: new Error("c") });
    });

    const line = logged.mock.calls[0]![0] as string;
    expect(line).not.toContain("\n");
    expect(line.length).toBeLessThan(10_000);
  });

  test("gives every request an id of its own, however many are under way", async () => {
    const fetch = serve(async () => {
      await new Promise((resolve) => setTimeout(resolve, 1));
      throw new Error("inside");
    });

    const hints = await Promise.all(
      Array.from({ length: 20 }, async () => {
        const response = await fetch(new Request("http://x/things/one"));
        const { hint } = await response.json();
        expect(hint).toContain(response.headers.get("x-request-id"));
        return hint;
      }),
    );

    expect(new Set(hints).size).toBe(20);
  });

  test("answers 401 with all fields when the library refuses a caller", async () => {
    const fetch = handle("things", { ...config, auth: "user" }, () => undefined);

    const response = await fetch(new Request("http://x/things"));

    expect(response.status).toBe(401);
    expect(response.headers.get("x-request-id")).toMatch(uuid);
    expect(await response.json()).toEqual({
      code: "MISSING_CREDENTIALS",
      message: expect.not.stringContaining("[@supabase/server]"),
      details: null,
      hint: null,
    });
  });

  test("makes nobody who is known wait for strangers", async () => {
    const closed = handle("things", { ...config, auth: "user" }, () => undefined);
    const strangers = Array.from(
      { length: 100 },
      () => closed(new Request("http://x/things")).then(() => "stranger"),
    );
    await Promise.all(strangers.slice(0, 20));
    const missing = new ApiError("NOT_FOUND", "There is no such thing");

    const known = get(() => Promise.reject(missing)).then(() => "known");

    expect(await Promise.race([known, ...strangers.slice(50)])).toBe("known");
    await Promise.all(strangers);
  });
});

describe("route", () => {
  const schemas = {
    params: z.strictObject({ id: z.coerce.number() }),
    query: z.strictObject({ a: z.string().optional() }),
    body: z.strictObject({ list: z.array(z.number()).max(3), b: z.string().default("c") }),
  };
  const fetch = handle("things", config, (routes) => {
    routes.post(
      "/:id",
      route(
        schemas,
        ({ params, query, body }) =>
          Promise.resolve({ status: 200, body: { params, query, body } }),
      ),
    );
  });

  async function post(path: string, body: unknown) {
    const response = await fetch(
      new Request(`http://x/things/${path}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      }),
    );
    return { status: response.status, body: await response.json() };
  }

  test("calls its use case with what the schemas made of the request", async () => {
    const { status, body } = await post("7?a=b", { list: [1] });

    expect(status).toBe(200);
    expect(body).toEqual({ params: { id: 7 }, query: { a: "b" }, body: { list: [1], b: "c" } });
  });

  test.each([
    ["x", { list: [] }, "id"],
    ["7?z=1", { list: [] }, ""],
    ["7", { list: [1, "2"] }, "list.1"],
    ["7", {}, "list"],
    ["7", { list: [], extra: 1 }, ""],
  ])("names the path of what is wrong in %s %j", async (path, body, where) => {
    const answer = await post(path, body);

    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({ code: "INVALID_REQUEST", hint: null });
    expect(answer.body.details).toEqual([{ path: where, message: expect.any(String) }]);
  });

  test("lists no more than twenty problems, each cut to a bounded length", async () => {
    const many = await post("7", { list: Array(3).fill("x"), ["k".repeat(5000)]: 1 });
    const long = handle(
      "things",
      config,
      (routes) =>
        routes.post(
          "/",
          route({ body: z.array(z.number()) }, () => Promise.resolve({ status: 200 })),
        ),
    );
    const response = await long(
      new Request("http://x/things", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(Array(1000).fill("x")),
      }),
    );

    for (const { message } of many.body.details) expect(message.length).toBeLessThanOrEqual(200);
    expect((await response.json()).details).toHaveLength(20);
  });
});
