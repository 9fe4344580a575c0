import { beforeAll, describe, expect, test } from "vitest";
import { expectError } from "../http/support/expect-error.ts";
import { callFunction, createUser, type User } from "../support/user.ts";
import { routes } from "./sweep/routes.ts";

const methods = ["GET", "POST", "PUT", "PATCH", "DELETE"];
/** What `sweep.test.ts` holds to the routes that there are. */
const known = Object.keys(routes).map((route) => {
  const [method, pattern] = route.split(" ") as [string, string];
  return { method, pattern, regExp: new RegExp(`^${pattern.replace(/:\w+/g, "[^/]+")}$`) };
});
const paths = [...new Set(known.map(({ pattern }) => pattern))]
  .map((pattern) => ({ pattern, path: pattern.replace(/:\w+/g, crypto.randomUUID()) }));
const methodsOf = (path: string) =>
  known.filter(({ regExp }) => regExp.test(path)).map(({ method }) => method);

let user: User;
beforeAll(async () => {
  user = await createUser();
});

function call(path: string, method: string) {
  const isWorker = path.startsWith("/process-jobs");
  return callFunction(path.slice(1), {
    method,
    ...(isWorker ? { headers: { apikey: user.stack.cronKey } } : { user }),
  });
}

describe("of each path", () => {
  test.each(paths)("$pattern, other methods get 405 and the ones to use", async ({ path }) => {
    const own = methodsOf(path);

    for (const method of methods.filter((other) => !own.includes(other))) {
      const answer = await call(path, method);

      expectError(answer, 405, "METHOD_NOT_ALLOWED");
      for (const right of own) expect(answer.body.hint).toContain(right);
    }
  });

  test.each(paths)("$pattern, what is below it and is no path gets 404", async ({ path }) => {
    for (const more of ["/no/such/path/here", "//", "/%2e%2e/%2e%2e/x/y/z"]) {
      for (const method of ["GET", "POST"]) {
        expectError(await call(path + more, method), 404, "NOT_FOUND");
      }
    }
  });

  test("the right method gets past both", async () => {
    const answer = await call("/training-files", "GET");

    expect(answer.status).toBe(200);
  });
});
