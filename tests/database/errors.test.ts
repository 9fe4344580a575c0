import { describe, expect, test } from "vitest";
import { readMigrations } from "../../local/database/migrate.ts";
import { errorStatus } from "../../shared/errors.ts";

const migrations = await readMigrations();
const page = await Deno.readTextFile(new URL("../../docs/errors.md", import.meta.url));

/** Every `raise_error('CODE', status` in the migrations. */
const raised = migrations.flatMap(({ name, sql }) =>
  [...sql.matchAll(/raise_error\(\s*'([A-Z_]+)',\s*(\d+)/g)].map((match) => ({
    migration: name,
    code: match[1]!,
    status: Number(match[2]),
  }))
);

/** The first table of the page: codes that a caller may see. */
const documented = Object.fromEntries(
  [...page.matchAll(/^\| `([A-Z_]+)` \| (\d{3}) \|/gm)].map(
    (match) => [match[1]!, Number(match[2])],
  ),
);

describe("error codes", () => {
  test("that SQL raises are in shared/errors.ts, with the same status", () => {
    const missing = raised.filter(({ code, status }) =>
      (errorStatus as Record<string, number>)[code] !== status
    );

    expect(missing).toEqual([]);
    expect(raised.length).toBeGreaterThan(10);
  });

  test("that SQL raises are all found by this test", () => {
    const calls = migrations.flatMap((
      { sql },
    ) => [...sql.matchAll(/perform private\.raise_error/g)]);

    expect(calls).toHaveLength(raised.length);
  });

  test("of shared/errors.ts are in docs/errors.md with their status, and no others", () => {
    expect(documented).toEqual(errorStatus);
  });

  test("are raised through the helper alone", () => {
    const others = migrations.flatMap(({ name, sql }) =>
      [...sql.matchAll(/raise (exception|sqlstate|unique_violation)\b[^;]*/g)].map(() => name)
    );

    expect(others).toEqual(["private_schema"]);
  });
});
