import { describe, expect, test } from "vitest";
import { ApiError, type ErrorCode, errorStatus, isErrorCode } from "../../../shared/errors.ts";

const repository = new URL("../../../", import.meta.url);
const codes = Object.entries(errorStatus);

async function readFolder(path: string): Promise<string> {
  const folder = new URL(path, repository);
  let text = "";
  for await (const { name, isFile } of Deno.readDir(folder)) {
    if (isFile) text += await Deno.readTextFile(new URL(name, folder));
  }
  return text;
}

describe("the catalogue of errors", () => {
  test("has every code and status that SQL raises", async () => {
    const sql = await readFolder("supabase/migrations/");

    const raised = [...sql.matchAll(/raise_error\(\s*'([A-Z_]+)',\s*(\d{3})/g)];

    expect(raised.length).toBeGreaterThan(10);
    for (const [, code, status] of raised) {
      expect([code, errorStatus[code as ErrorCode]]).toEqual([code, Number(status)]);
    }
  });

  test("is the one in docs/errors.md", async () => {
    const docs = await Deno.readTextFile(new URL("docs/errors.md", repository));

    const rows = [...docs.matchAll(/^\| `([A-Z_]+)` \| (\d{3}) \|/gm)]
      .map(([, code, status]) => [code, Number(status)]);

    expect(rows.toSorted()).toEqual(codes.toSorted());
  });

  test.each(codes)("gives %s the status %i of an error", (code, status) => {
    expect(code).toMatch(/^[A-Z]+(_[A-Z]+)*$/);
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(600);
    expect(new ApiError(code as ErrorCode, "m").status).toBe(status);
  });

  test.each(["toString", "constructor", "__proto__", "", "invalid_request"])(
    "does not have %s",
    (text) => {
      expect(isErrorCode(text)).toBe(false);
    },
  );
});

describe("an ApiError", () => {
  test("has neither details nor hint unless they are given", () => {
    expect(new ApiError("NOT_FOUND", "There is no such path"))
      .toMatchObject({ details: null, hint: null, cause: undefined, name: "ApiError" });
  });

  test("keeps its cause", () => {
    const cause = new Error("inner");

    expect(new ApiError("INTERNAL_ERROR", "m", { cause }).cause).toBe(cause);
  });
});
