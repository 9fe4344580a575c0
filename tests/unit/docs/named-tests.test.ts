import { describe, expect, test } from "vitest";

const folder = new URL("../../../docs/", import.meta.url);
const pages = [...Deno.readDirSync(folder)].map(({ name }) => name)
  .filter((name) => name.endsWith(".md")).sort();

/** What a page names below `tests/`, each once. */
function namedTests(page: string): string[] {
  const text = Deno.readTextFileSync(new URL(page, folder));
  return [...new Set(Array.from(text.matchAll(/`(tests\/[^`\s]*)`/g), (match) => match[1]!))];
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(new URL(`../${path}`, folder)).then(() => true, () => false);
}

describe("a page of docs/", () => {
  test.each(pages)("%s names no test that is not there", async (page) => {
    const missing: string[] = [];
    for (const path of namedTests(page)) if (!await exists(path)) missing.push(path);

    expect(missing).toEqual([]);
  });

  test("that says what holds in a fault says in each row which test shows it", () => {
    const rows = Deno.readTextFileSync(new URL("faults.md", folder)).split("\n")
      .filter((line) => line.startsWith("| ") && !line.startsWith("| fault |"));

    expect(rows.length).toBeGreaterThan(30);
    expect(rows.filter((row) => !row.includes("`tests/"))).toEqual([]);
  });

  test("that says what is tried says for each attempt which test proves what happens, or why none", () => {
    const text = Deno.readTextFileSync(new URL("attacks.md", folder));
    const rows = [...text.matchAll(/^\| ([A-Z]\d+) \| .* \| .* \| (.*) \|$/gm)];
    const ids = rows.map(([, id]) => id);

    expect(rows.length).toBeGreaterThan(60);
    expect(ids).toEqual([...new Set(ids)]);
    expect(rows.filter(([, , proof]) => !/`tests\/|^does not apply/.test(proof!))).toEqual([]);
  });
});
