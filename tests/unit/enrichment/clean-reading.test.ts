import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cleanReading } from "../../../shared/enrichment/clean-reading.ts";
import { Reading } from "../../../shared/enrichment/reading.ts";
import { stripMarkdownLinks } from "../../../shared/enrichment/strip-markdown-links.ts";

const empty: Reading = {
  description: "",
  detail_number: null,
  detail_title: null,
  cross_references: [],
  dimensions: [],
  spec_callouts: [],
  tables: [],
  ambiguities: [],
  embedding_text: "",
};

describe("cleanReading", () => {
  test("drops what PostgreSQL stores in no text, wherever it stands", () => {
    const bad = "a\u0000b\ud800c\u0007d\uffff";
    const reading: Reading = {
      description: bad,
      detail_number: bad,
      detail_title: bad,
      cross_references: [{ kind: "detail", sheet: bad, detail: bad, raw: bad }],
      dimensions: [{ text: bad, what: bad, unit: "mm" }],
      spec_callouts: [{ text: bad, section: bad }],
      tables: [{ title: bad, rows: [[bad, bad]] }],
      ambiguities: [bad],
      embedding_text: bad,
    };

    const cleaned = JSON.stringify(cleanReading(reading));

    expect(cleaned).not.toMatch(/\\u|\ufffd/);
    expect(cleaned.match(/abcd/g)).toHaveLength(15);
  });

  test("keeps line breaks and tabs of the description, and makes numbers and titles one line", () => {
    const { description, detail_title } = cleanReading({
      ...empty,
      description: "# A\n\n|x\t|",
      detail_title: " ROOF\n DRAIN ",
    });

    expect(description).toBe("# A\n\n|x\t|");
    expect(detail_title).toBe("ROOF DRAIN");
  });

  test("keeps to its limits, whatever a model writes", () => {
    const { description, ambiguities, tables } = cleanReading({
      ...empty,
      description: "x".repeat(1_000_000),
      ambiguities: Array(10_000).fill("y".repeat(10_000)),
      tables: [{ title: null, rows: Array(1_000).fill(Array(1_000).fill("z")) }],
    });

    expect(description).toHaveLength(60_000);
    expect(ambiguities).toHaveLength(500);
    expect(ambiguities[0]).toHaveLength(1_000);
    expect(tables[0]!.rows).toHaveLength(500);
    expect(tables[0]!.rows[0]).toHaveLength(500);
  });

  test("answers any reading with one that the schema takes and that is stored as it is", () => {
    fc.assert(fc.property(
      fc.string({ unit: "binary", maxLength: 200 }),
      (text) => {
        const cleaned = cleanReading({ ...empty, description: text, ambiguities: [text] });

        expect(Reading.safeParse(cleaned).success).toBe(true);
        expect(cleaned.description.isWellFormed()).toBe(true);
        expect(cleaned.description).not.toContain("\u0000");
      },
    ));
  });
});

describe("stripMarkdownLinks", () => {
  test.each([
    ["an image", "![plan](https://evil.example/?q=secret)", "plan"],
    ["a link", "see [detail 3](https://evil.example)", "see detail 3"],
    ["a link around an image", "[![a](http://x.example/b)](http://y.example)", "a"],
    ["an address with brackets", "[a](http://x.example/b_(c))", "a"],
    ["a reference", "[a][1] and ![b][1]\n[1]: https://evil.example", "a and b\n"],
    ["an autolink", "<https://evil.example/a>", "`https://evil.example/a`"],
    ["a bare address", "at www.cfm.va.gov, or not", "at `www.cfm.va.gov,` or not"],
    ["an address in code", "`https://a.example`", "`https://a.example`"],
    ["HTML", `<img src="https://evil.example">`, `&lt;img src="\`https://evil.example\`">`],
    ["a script address", "[a](javascript:alert(1))", "a"],
  ])("leaves nothing to fetch of %s", (_, markdown, expected) => {
    expect(stripMarkdownLinks(markdown)).toBe(expected);
  });

  test.each([
    ["a table", "| A | B |\n|---|---|\n| 1'-6\" | 3/S-501 |"],
    ["a list", "- [ ] not yet\n- 2 < 3 and 3 > 2"],
    ["a reference to a detail", "SEE [3/S-501] (TYP.)"],
    ["code", "`a [b](c)`".replace("(c)", " (c)")],
  ])("leaves %s as it is", (_, markdown) => {
    expect(stripMarkdownLinks(markdown)).toBe(markdown);
  });

  test.each([
    ["brackets in its text", "![a [b]](//evil.example/x.png)"],
    ["an escaped bracket in its text", "![a\\]b](//evil.example/x.png)"],
    ["a line break before its address", "![x](\n//evil.example/x.png)"],
    ["a definition in a quotation", "![x]\n\n> [x]: //evil.example/p.png"],
    ["a definition of another form", "![x]\n\n[x]: evil.example/p.png"],
    ["many layers", "![".repeat(9) + "a" + "](//evil.example)".repeat(9)],
  ])("leaves no link or image with %s", (_, markdown) => {
    const stripped = stripMarkdownLinks(markdown);

    // A bracket closes only when an even number of backslashes stands before it.
    expect(stripped).not.toMatch(/(?<!\\)(\\\\)*\][(\[:]/);
  });

  test("keeps a legend, which looks like definitions", () => {
    expect(stripMarkdownLinks("[1]: CLEAN ALL WELDS\n[2]: 3/S-501"))
      .toBe("[1\\]: CLEAN ALL WELDS\n[2\\]: 3/S-501");
  });

  test("sees through an escaped backtick, which begins no code", () => {
    expect(stripMarkdownLinks("\\` http://evil.example \\`")).toContain("`http://evil.example`");
  });

  test("takes hostile text in linear time", () => {
    const startedAt = performance.now();

    for (const piece of ["[", "![", "[a](", "[a][", "<a:", "(", "`", "[a](b", "]("]) {
      stripMarkdownLinks(piece.repeat(20_000));
    }
    stripMarkdownLinks("[".repeat(12_000) + "](b)".repeat(12_000));

    expect(performance.now() - startedAt).toBeLessThan(5_000);
  });
});
