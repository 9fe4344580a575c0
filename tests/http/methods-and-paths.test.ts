import { beforeAll, describe, expect, test } from "vitest";
import { callFunction, createUser, type User } from "../support/user.ts";
import { expectError } from "./support/expect-error.ts";
import { rawRequest } from "./support/raw-request.ts";

const id = crypto.randomUUID();
let user: User;

beforeAll(async () => {
  user = await createUser();
});

describe("a method that a path does not have", () => {
  test.each([
    "search",
    "training-library/train-for-doc",
    `training-library/jobs/${id}/retry`,
    `training-library/jobs/${id}/cancel`,
  ])("gets 405 at %s, with the one to use", async (path) => {
    for (const method of ["GET", "PUT", "PATCH", "DELETE"]) {
      const answer = await callFunction(path, { user, method });

      expectError(answer, 405, "METHOD_NOT_ALLOWED");
      expect(answer.body.hint).toBe("Use POST");
    }
  });

  test("gets 405 at the list of jobs", async () => {
    const answer = await callFunction("training-library/jobs", { user, body: {} });

    expectError(answer, 405, "METHOD_NOT_ALLOWED");
    expect(answer.body.hint).toBe("Use GET");
  });

  test("gets 405 at process-jobs", async () => {
    const answer = await callFunction("process-jobs", {
      method: "GET",
      headers: { apikey: user.stack.cronKey },
    });

    expectError(answer, 405, "METHOD_NOT_ALLOWED");
  });

  test("gets 405 without a body when it is HEAD", async () => {
    const answer = await callFunction("search", { user, method: "HEAD" });

    expect(answer.status).toBe(405);
    expect(answer.text).toBe("");
    expect(answer.headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
  });
});

describe("a path that is not there", () => {
  test.each([
    "training-library",
    "training-library/",
    "training-library/sets",
    "training-library//jobs",
    `training-library/jobs/${id}`,
    `training-library/jobs/${id}/delete`,
    "training-library/jobs//retry",
    "search/more",
    "search//",
    "SEARCH",
    "search%00",
    "search%2f..%2ftraining-library",
    "no-such-function",
    "constructor",
    "__proto__",
  ])("gets 404: %s", async (path) => {
    for (const method of ["GET", "POST"]) {
      const answer = await callFunction(path, { user, method });

      expectError(answer, 404, "NOT_FOUND");
    }
  });

  test.each(["/", "/etc/passwd", "/_system", "/functions/v1/../../etc/passwd", "/rest/v1/../../"])(
    "gets 404 outside of the services: %s",
    async (path) => {
      const answer = await rawRequest(user.stack.url, [`GET ${path} HTTP/1.1`]);

      expect(answer.status).toBe(404);
      expect(answer.text).toContain('"code":"NOT_FOUND"');
    },
  );
});

describe("a path", () => {
  test("may end in one slash", async () => {
    const answer = await callFunction("training-library/jobs/", { user, method: "GET" });

    expect(answer.status).toBe(200);
  });

  test.each(["x", "%ff", "..%2f..", "%00", "1; drop table jobs", `${id}%20`])(
    "is refused with the id %s",
    async (bad) => {
      for (const action of ["retry", "cancel"]) {
        const answer = await callFunction(`training-library/jobs/${bad}/${action}`, { user });

        expectError(answer, 400, "INVALID_REQUEST");
        expect(answer.body.details).toEqual([{ path: "id", message: expect.any(String) }]);
      }
    },
  );

  test.each([
    ["POST", "search?orgId=x"],
    ["POST", "training-library/train-for-doc?trigger=auto"],
    ["POST", `training-library/jobs/${id}/retry?force=1`],
    ["GET", "training-library/jobs?unknown=1"],
    ["GET", "training-library/jobs?__proto__=1"],
  ])("is refused with a query that it does not know: %s %s", async (method, path) => {
    const answer = await callFunction(path, {
      user,
      method,
      body: method === "POST" ? { query: "x", mode: "text" } : undefined,
    });

    expectError(answer, 400, "INVALID_REQUEST");
  });
});

describe("a preflight", () => {
  test.each(["search", "training-library/jobs", "process-jobs", "training-library/nowhere"])(
    "is answered at %s without credentials",
    async (path) => {
      const answer = await callFunction(path, {
        method: "OPTIONS",
        headers: { origin: "https://app.example", "access-control-request-method": "POST" },
      });

      expect(answer.status).toBe(204);
      expect(answer.headers.get("access-control-allow-origin")).toBe("*");
      expect(answer.headers.get("access-control-allow-methods")).toContain("POST");
      const allowed = answer.headers.get("access-control-allow-headers");
      for (const header of ["authorization", "apikey", "content-type", "idempotency-key"]) {
        expect(allowed).toContain(header);
      }
    },
  );
});

describe("a request id", () => {
  test("is on good answers too, and never the same", async () => {
    const call = () => callFunction("training-library/jobs", { user, method: "GET" });

    const answers = [await call(), await call()];

    const ids = answers.map(({ headers }) => headers.get("x-request-id"));
    expect(new Set(ids).size).toBe(2);
    for (const each of ids) expect(each).toMatch(/^[0-9a-f-]{36}$/);
  });
});
