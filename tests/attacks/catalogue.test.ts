import { describe, expect, test } from "vitest";

const page = await Deno.readTextFile("docs/attacks.md");
/** The rows of its tables: a name such as H7, the attempt, what happens, the proof. */
const rows = [...page.matchAll(/^\| ([A-Z]\d+) \| (.*) \| (.*) \| (.*) \|$/gm)].map(
  ([, id, attempt, outcome, proof]) => ({ id, attempt, outcome, proof: proof ?? "" }),
);

describe("docs/attacks.md", () => {
  test("names each attempt once", () => {
    const ids = rows.map(({ id }) => id);

    expect(ids.length).toBeGreaterThan(60);
    expect(ids).toEqual([...new Set(ids)]);
  });

  test.each(rows)("has for $id a test, or a reason", ({ proof }) => {
    expect(proof).toMatch(/`tests\/|^does not apply/);
  });
});
