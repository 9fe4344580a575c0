import { describe, expect, test } from "vitest";
import { ApiError } from "../../../shared/errors.ts";
import { unwrap } from "../../../shared/unwrap.ts";

function failure(error: { code?: string; message?: string; details?: unknown; hint?: string }) {
  try {
    unwrap({ data: null, error: { message: "m", ...error } });
  } catch (error) {
    return error as Error;
  }
  throw new Error("nothing was thrown");
}

describe("unwrap", () => {
  test.each([[[]], [{ id: 1 }], [0], [false], [""]])("gives the data %j", (data) => {
    expect(unwrap({ data, error: null })).toBe(data);
  });

  test.each([null, undefined])("throws when there is neither data nor error: %s", (data) => {
    expect(() => unwrap({ data, error: null })).toThrow("without data");
  });

  test("makes an ApiError of an error that our SQL raised", () => {
    const error = failure({
      code: "ROLE_TOO_LOW",
      message: "This needs a role",
      details: '{"role":"viewer"}',
      hint: "Ask an admin",
    });

    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({
      code: "ROLE_TOO_LOW",
      status: 403,
      message: "This needs a role",
      details: { role: "viewer" },
      hint: "Ask an admin",
    });
  });

  test.each([
    ["not JSON", null],
    ["", null],
    [null, null],
    [undefined, null],
    [{ a: 1 }, { a: 1 }],
  ])("reads details %j as %j", (details, expected) => {
    expect(failure({ code: "JOB_NOT_FOUND", details })).toMatchObject({ details: expected });
  });

  test("takes arguments that the database could not store for a failure of ours", () => {
    const error = failure({ code: "INVALID_REQUEST", details: '{"sqlstate":"23514"}' });

    expect(error).not.toBeInstanceOf(ApiError);
    expect(error.cause).toMatchObject({ code: "INVALID_REQUEST" });
  });

  test("makes DATABASE_TIMEOUT of a statement that took too long", () => {
    expect(failure({ code: "57014" })).toMatchObject({ code: "DATABASE_TIMEOUT", status: 504 });
  });

  test.each(["40001", "40P01", "55P03", "25006", "53100", "57P03", "PGRST002"])(
    "says of %s, which passes, when to come back",
    (code) => {
      expect(failure({ code, message: 'relation "secret" is locked' })).toMatchObject({
        code: "DATABASE_UNAVAILABLE",
        status: 503,
        message: "The database cannot do this now",
        details: { retry_after_seconds: 5 },
      });
    },
  );

  test.each(["23505", "42501", "PGRST301", "toString", "__proto__", "", undefined])(
    "does not take %s for one of ours",
    (code) => {
      const error = failure({ code, message: 'relation "secret" violates it' });

      expect(error).not.toBeInstanceOf(ApiError);
      expect(error.cause).toMatchObject({ message: 'relation "secret" violates it' });
    },
  );
});
