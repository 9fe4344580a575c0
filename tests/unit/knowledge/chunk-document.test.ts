import { describe, expect, test } from "vitest";
import { chunkDocument, type ChunkOptions } from "../../../shared/knowledge/chunk-document.ts";

const MARKDOWN = { format: "markdown" } as const;
const TEXT = { format: "text" } as const;

/** Each chunk as its headings and the text that it adds. */
function outline(text: string, options: ChunkOptions = MARKDOWN): [string, string][] {
  return chunkDocument(text, options).map(({ headingPath, content, overlap }) => [
    headingPath.join(" › "),
    content.slice(overlap),
  ]);
}

function sentences(count: number): string[] {
  return Array.from({ length: count }, (_, at) => `Gauge number ${at} was read at noon.`);
}

describe("chunkDocument", () => {
  test("a short text is one chunk, which says all about it", () => {
    expect(chunkDocument("Two words", TEXT)).toEqual([{
      ordinal: 0,
      content: "Two words",
      startOffset: 0,
      endOffset: 9,
      overlap: 0,
      headingPath: [],
      tokenCount: 2,
    }]);
  });

  test("a text of nothing but white space has no chunks", () => {
    expect([chunkDocument("", MARKDOWN), chunkDocument(" \n\t\n", TEXT)]).toEqual([[], []]);
  });

  test("each heading with text below it starts a chunk, ATX and setext alike", () => {
    const text = "\n\nIntro\n\n# A\none\n## B\ntwo\n\nC\n===\n\nthree\n### D ###\nfour\n\n";

    expect(outline(text)).toEqual([
      ["", "\n\nIntro\n\n"],
      ["A", "# A\none\n"],
      ["A › B", "## B\ntwo\n\n"],
      ["C", "C\n===\n\nthree\n"],
      ["C › D", "### D ###\nfour\n\n"],
    ]);
  });

  test("a heading with nothing below it goes with the heading that follows", () => {
    const text = "# Manual\n\n## Part\n\n### Step\n\ntext\n\n## Empty\n\n## Next\n\nmore\n\n# Last";

    expect(outline(text)).toEqual([
      ["Manual › Part › Step", "# Manual\n\n## Part\n\n### Step\n\ntext\n\n"],
      ["Manual › Next", "## Empty\n\n## Next\n\nmore\n\n"],
      ["Last", "# Last"],
    ]);
  });

  test.for([
    ["front matter", "---\ntitle: x\n# note\n---\n# A\nb", "---\ntitle: x\n# note\n---\n"],
    ["a comment", "a\n<!--\n# B\n-->\n# A\nb", "a\n<!--\n# B\n-->\n"],
    ["a fence", "```sh\n# B\n~~~\n```\n# A\nb", "```sh\n# B\n~~~\n```\n"],
    ["a list item", "- a\n  # B\n\n  # C\n# A\nb", "- a\n  # B\n\n  # C\n"],
    ["a fence in a list item", "- a\n  ```\n  # B\n\n# A\nb", "- a\n  ```\n  # B\n\n"],
    ["a quotation", "> a\n> # B\n---\n# A\nb", "> a\n> # B\n---\n"],
    ["a line with no space after its marks", "#B\n####### C\n# A\nb", "#B\n####### C\n"],
    ["a paragraph over a rule", `${"a ".repeat(120)}\n---\n# A\nb`, `${"a ".repeat(120)}\n---\n`],
  ])("there is no heading inside %s", ([, text, before]) => {
    expect(outline(text!)).toEqual([["", before], ["A", "# A\nb"]]);
  });

  test("a fence that never closes reaches to the end of the document", () => {
    expect(outline("# A\n```\n# B\n\n# C\n")).toEqual([["A", "# A\n```\n# B\n\n# C\n"]]);
  });

  test("in plain text a line in capitals is a heading, and a hash is none", () => {
    const text = "1. THE WORK\n\n1.1 We do it.\n\n2. FEES\n\n# You pay.\n\nNOTE: by card.\n";

    expect(outline(text, TEXT)).toEqual([
      ["1. THE WORK", "1. THE WORK\n\n1.1 We do it.\n\n"],
      ["2. FEES", "2. FEES\n\n# You pay.\n\nNOTE: by card.\n"],
    ]);
  });

  test.for(["潮位計を毎週点検する", "2025", "A1", "* * *", "X".repeat(81)])(
    "in plain text %j is no heading",
    (line) => {
      expect(outline(`Before.\n\n${line}\n\nAfter.`, TEXT).map(([path]) => path)).toEqual([""]);
    },
  );

  test("short blocks share a chunk, and a block that fits is not cut", () => {
    const paragraphs = Array.from(
      { length: 40 },
      (_, at) => `It was day ${at}. ${sentences(at % 8 === 7 ? 9 : 1 + at % 2).join(" ")}\n\n`,
    );

    const cut = outline(paragraphs.join(""), { ...TEXT, maxTokens: 120, overlapTokens: 0 });

    const ends = paragraphs.map((_, at) => paragraphs.slice(0, at + 1).join("").length);
    const cuts = cut.map((_, at) => cut.slice(0, at + 1).map(([, own]) => own).join("").length);
    expect(ends).toEqual(expect.arrayContaining(cuts));
    expect(cut.length).toBeLessThan(30);
  });

  test("a chunk has a fifth of the budget at least, if its section has", () => {
    const paragraphs = Array.from({ length: 200 }, (_, at) => `Paragraph ${at} is short.\n\n`);
    const text = `# A\n\n${paragraphs.join("")}# B\n\nEnd.\n`;

    const counts = chunkDocument(text, { ...MARKDOWN, maxTokens: 100 })
      .map(({ tokenCount }) => tokenCount);

    expect(counts.pop()).toBeLessThan(10);
    expect(counts.length).toBeGreaterThan(12);
    expect(Math.min(...counts)).toBeGreaterThanOrEqual(20);
  });

  test("a long paragraph is cut between sentences, though its lines are wrapped", () => {
    const text = sentences(40).map((sentence) => sentence.replace(" was", "\nwas")).join("\n");

    for (let maxTokens = 40; maxTokens < 60; maxTokens++) {
      const chunks = outline(text, { ...MARKDOWN, maxTokens, overlapTokens: 0 });
      expect(chunks.length).toBeGreaterThan(4);
      for (const [, content] of chunks) expect(content).toMatch(/^Gauge [^]* noon\.\n?$/);
    }
  });

  test("a sentence that no chunk can hold is cut between words, and leaves no scraps", () => {
    const text = "The ice on the lake is as old as it is thin and we go on it at dawn, ".repeat(40);

    const chunks = chunkDocument(text, { ...TEXT, maxTokens: 150, overlapTokens: 0 });

    expect(chunks.length).toBeGreaterThan(4);
    for (const { tokenCount, content } of chunks) {
      expect(tokenCount).toBeGreaterThanOrEqual(30);
      expect(content).toMatch(/^[a-zA-Z].*, ?$|^[a-zA-Z].* $/);
    }
  });

  test("chunks of one section overlap by whole sentences", () => {
    const text = sentences(12).join(" ");

    const [first, second] = chunkDocument(text, { ...TEXT, maxTokens: 60, overlapTokens: 20 });

    const repeated = second!.content.slice(0, second!.overlap);
    expect(repeated).toMatch(/^Gauge number \d+ was read at noon\. Gauge number \d+ .* noon\. $/);
    expect(first!.content.endsWith(repeated)).toBe(true);
  });

  test("where the last sentence is longer than the overlap, its last words are repeated", () => {
    const text = `${Array.from({ length: 90 }, (_, at) => `word${at}`).join(" ")}.`;

    const [, second] = chunkDocument(text, { ...TEXT, maxTokens: 80, overlapTokens: 20 });

    expect(second!.content.slice(0, second!.overlap)).toMatch(/^word\d+ (word\d+ )+$/);
  });

  test("a chunk is not repeated whole", () => {
    const text = `The first is ${"short ".repeat(20)}\n\nThe second is ${"long ".repeat(60)}\n`;

    const [first, second] = chunkDocument(text, { ...TEXT, maxTokens: 100, overlapTokens: 40 });

    expect(first!.tokenCount).toBeLessThan(40);
    expect(second!.content.slice(0, second!.overlap)).toMatch(/^(short )+\n\n$/);
  });

  test("chunks of two sections do not overlap", () => {
    const text = `# A\n\n${sentences(4).join(" ")}\n\n# B\n\n${sentences(4).join(" ")}\n`;

    expect(chunkDocument(text, MARKDOWN).map(({ overlap }) => overlap)).toEqual([0, 0]);
  });

  test("a list is cut between items, code between lines", () => {
    const items = sentences(20).map((sentence) => `- ${sentence}\n  Twice.\n`);
    const lines = sentences(20).map((sentence) => `say("${sentence}")\n`);

    const list = outline(items.join(""), { ...MARKDOWN, maxTokens: 50 });
    const code = outline(`~~~\n${lines.join("")}~~~\n`, { ...MARKDOWN, maxTokens: 50 });

    expect(list.length).toBeGreaterThan(5);
    for (const [, content] of list) expect(content).toMatch(/^- [^]*Twice\.\n$/);
    expect(code.length).toBeGreaterThan(5);
    for (const [, content] of code.slice(1, -1)) expect(content).toMatch(/^say[^]*\)\n$/);
  });

  test("a row is not cut to give a heading some of its table", () => {
    const head = `| ${"word ".repeat(45)}| ${"word ".repeat(45)}|\n|---|---|\n`;
    const text = `# ${"long ".repeat(50)}\n\n${head}| a | b |\n`;

    const [, table] = outline(text, { ...MARKDOWN, maxTokens: 120 });

    expect(table![1]).toBe(`${head}| a | b |\n`);
  });

  test("a text without spaces is cut between its words", () => {
    const text = "潮位計を毎週点検する".repeat(60);

    const chunks = outline(text, { ...TEXT, maxTokens: 60 });

    expect(chunks.length).toBeGreaterThan(8);
    for (const [, content] of chunks.slice(1)) {
      expect(content).toMatch(/^(潮位|計|を|毎週|点検|する)/);
    }
  });

  test("a family of emoji is not torn apart", () => {
    const chunks = outline("👩‍👩‍👧‍👦".repeat(40), { ...TEXT, maxTokens: 60 });

    expect(chunks.length).toBeGreaterThan(10);
    for (const [, content] of chunks) expect(content).toMatch(/^(👩‍👩‍👧‍👦)+$/u);
  });

  test("a run of one character counts at least one token for eight units", () => {
    const chunks = chunkDocument("=".repeat(5000), { ...TEXT, maxTokens: 100 });

    expect(Math.max(...chunks.map(({ content }) => content.length))).toBeLessThanOrEqual(800);
    expect(chunks.length).toBeLessThan(16);
  });

  test("white space before and after a text never makes a chunk of its own", () => {
    const items = Array.from({ length: 60 }, (_, count) => `- ${"word ".repeat(count)}end.\n\n`);

    for (const item of items) {
      const text = `\n\n\n${item}${item}\u2029\u2029${item}\n \n`;
      const chunks = chunkDocument(text, { ...MARKDOWN, maxTokens: 40, overlapTokens: 0 });
      expect(chunks.filter(({ content }) => content.trim() === "")).toEqual([]);
    }
  });

  test("white space too long for one chunk goes with the text after it", () => {
    const text = `word${"\n".repeat(1300)}${"word ".repeat(140)}`;

    const chunks = chunkDocument(text, { ...TEXT, maxTokens: 150 });

    expect(chunks.length).toBeGreaterThan(2);
    expect(chunks.filter(({ content }) => content.trim() === "")).toEqual([]);
  });

  test("white space too long for the end of a section goes with the next", () => {
    const text = `# A\n\nword${"\n".repeat(1300)}# B\n\nword`;

    const chunks = chunkDocument(text, { ...MARKDOWN, maxTokens: 150 });

    expect(chunks.map(({ headingPath, content }) => [headingPath, content.trim()])).toEqual([
      [["A"], "# A\n\nword"],
      [["B"], "# B\n\nword"],
    ]);
  });

  test("the name of a special token is text like any other", () => {
    expect(chunkDocument("<|endoftext|>", TEXT)).toMatchObject([{ tokenCount: 7 }]);
  });

  test("a title in the heading path is cut at 200 units", () => {
    const [chunk] = chunkDocument(`# ${"long ".repeat(90)}\n\ntext`, MARKDOWN);

    expect(chunk!.headingPath[0]).toHaveLength(200);
  });

  test.for([
    { maxTokens: 15 },
    { maxTokens: 2001 },
    { maxTokens: 100.5 },
    { maxTokens: NaN },
    { overlapTokens: -1 },
    { maxTokens: 100, overlapTokens: 51 },
  ])("a budget of %j is refused", (budget) => {
    expect(() => chunkDocument("text", { ...TEXT, ...budget })).toThrow(RangeError);
  });
});
