import { afterAll, describe, expect, test } from "vitest";
import { createTestDatabase } from "../support/test-database.ts";
import { raisedBy } from "./support/rejection.ts";

const db = await createTestDatabase();
afterAll(() => db[Symbol.asyncDispose]());

describe("raise_error", () => {
  test("tells PostgREST code, status, message, details and hint", async () => {
    const raised = await raisedBy(
      db.query(`select private.raise_error('CODE', 418, 'A "message"', '{"a": [1]}', 'A hint')`),
    );

    expect(raised).toEqual({
      code: "CODE",
      status: 418,
      message: 'A "message"',
      details: { a: [1] },
      hint: "A hint",
    });
  });

  test("leaves details and hint open", async () => {
    const raised = await raisedBy(db.query("select private.raise_error('CODE', 400, 'x')"));

    expect(raised).toMatchObject({ details: null, hint: null });
  });

  test("sends the headers that PostgREST insists on", async () => {
    const error = await db.query("select private.raise_error('CODE', 400, 'x')").catch((cause) =>
      cause
    );

    expect(JSON.parse(error.detail)).toEqual({ status: 400, headers: {} });
  });
});
