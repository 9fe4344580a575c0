import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Chunk, chunkDocument } from "../../../shared/knowledge/chunk-document.ts";

const words = fc.array(fc.stringMatching(/^[a-z]{2,9}$/), { minLength: 3, maxLength: 60 })
  .map((words) => `${words.join(" ")}.`);

interface Part {
  kind: "heading" | "underlined" | "paragraph" | "list" | "code" | "quote";
  level: number;
  words: string;
}

const part: fc.Arbitrary<Part> = fc.record({
  kind: fc.constantFrom("heading", "underlined", "paragraph", "list", "code", "quote"),
  level: fc.integer({ min: 1, max: 6 }),
  words,
});

/** A document whose texts each carry a mark, and the headings that stand above each mark. */
function markParts(parts: readonly Part[], gapAfter: (at: number) => string) {
  const above: (string | undefined)[] = [];
  const paths = new Map<string, string[]>();
  const blocks = parts.map(({ kind, level, words }, at) => {
    const mark = `q${at}q`;
    if (kind === "heading" || kind === "underlined") {
      const depth = kind === "heading" ? level : 1 + level % 2;
      above.length = depth - 1;
      above[depth - 1] = `Part ${at}`;
      return kind === "heading"
        ? `${"#".repeat(depth)} Part ${at} ${"#".repeat(at % 3)}`
        : `Part ${at}\n${depth === 1 ? "==" : "--"}`;
    }
    paths.set(mark, above.filter((title) => title !== undefined));
    if (kind === "list") return `- ${mark} ${words}\n  # inside an item\n- ${words}`;
    if (kind === "code") return `~~~\n# a comment\n\n${mark} ${words}\n\nSetext\n---\n~~~`;
    if (kind === "quote") return `> # quoted\n> ${mark} ${words}\n---`;
    return `${mark} ${words}\n${words}`;
  });
  return { text: blocks.map((block, at) => block + gapAfter(at)).join(""), paths };
}

const parts = fc.array(part, { minLength: 1, maxLength: 25 });
const plain = parts.map((parts) => markParts(parts, () => "\n\n"));
const spacious = fc.tuple(parts, fc.integer({ min: 100, max: 600 })).map(([parts, width]) =>
  markParts(parts, (at) => at % 2 === 0 ? `\n${" ".repeat(width)}\n` : "\n\n")
);

const budget = fc.record({
  maxTokens: fc.integer({ min: 40, max: 200 }),
  overlapTokens: fc.integer({ min: 0, max: 20 }),
});

function cutsOf(chunks: Chunk[]): number[] {
  return chunks.slice(1).flatMap(({ startOffset, overlap }) => [
    startOffset,
    startOffset + overlap,
  ]);
}

describe("chunkDocument on structure", () => {
  test("the heading path is the stack of headings above, and fences, lists and quotes have none", () => {
    fc.assert(
      fc.property(spacious, budget, ({ text, paths }, budget) => {
        const chunks = chunkDocument(text, { format: "markdown", ...budget });

        for (const [mark, path] of paths) {
          const holders = chunks.filter(({ content }) => content.includes(mark));
          expect(holders.length).toBeGreaterThan(0);
          for (const { headingPath } of holders) expect(headingPath).toEqual(path);
        }
        for (const [at, { overlap, headingPath }] of chunks.entries()) {
          if (overlap > 0) expect(headingPath).toEqual(chunks[at - 1]!.headingPath);
        }
      }),
      { numRuns: 400 },
    );
  });

  test("headings stand alone only at the document's end, or when they fill half a chunk", () => {
    fc.assert(
      fc.property(plain, budget, ({ text }, budget) => {
        const chunks = chunkDocument(text, { format: "markdown", ...budget });

        const bare = chunks.filter(({ content }) =>
          content.split("\n").every((line) => /^(#* ?Part \d+ ?#*|==|--| *)$/.test(line))
        );
        const avoidable = bare.filter(({ endOffset, tokenCount }) =>
          text.slice(endOffset).trim() !== "" && tokenCount <= budget.maxTokens / 2
        );
        expect(avoidable).toEqual([]);
      }),
      { numRuns: 400 },
    );
  });

  test("the last headings of a long row of them stay with their text", () => {
    const headings = [0, 1, 2, 3, 4, 5].map((at) => `# Part ${at} ${"#".repeat(at % 3)}\n\n`);
    const code = "~~~\n# a comment\n\nq6q aa ab ba.\n\nSetext\n---\n~~~\n";
    const chunks = chunkDocument(headings.join("") + code, {
      format: "markdown",
      maxTokens: 40,
      overlapTokens: 0,
    });

    expect(chunks.map(({ content }) => content)).toEqual([
      headings.slice(0, 4).join(""),
      headings.slice(4).join("") + code,
    ]);
  });

  test("a table is cut between rows only, its overlaps included", () => {
    const row = fc.array(fc.stringMatching(/^[a-z ]{1,30}$/), { minLength: 2, maxLength: 3 })
      .map((cells) => `| ${cells.join(" | ")} |`);
    const rows = fc.array(row, { minLength: 1, maxLength: 40 });
    const before = fc.oneof(fc.constant(""), words.map((words) => `${words}\n\n`));
    const budget = fc.record({
      maxTokens: fc.integer({ min: 90, max: 150 }),
      overlapTokens: fc.integer({ min: 0, max: 40 }),
    });

    fc.assert(
      fc.property(words, before, rows, budget, (words, before, [head, ...rows], budget) => {
        const heading = `# ${words.slice(0, 120)}\n\n${before}`;
        const text = `${heading}${head}\n|---|---|\n${rows.join("\n")}\n`;
        const tableAt = heading.length;

        const chunks = chunkDocument(text, { format: "markdown", ...budget });

        for (const cut of cutsOf(chunks).filter((cut) => cut > tableAt)) {
          expect(text[cut - 1]).toBe("\n");
          expect(text.slice(cut)).not.toMatch(/^\|-/);
        }
      }),
      { numRuns: 300 },
    );
  });

  test("prose is cut between words only, its overlaps included", () => {
    const prose = fc.array(fc.tuple(words, fc.constantFrom(" ", "\n", "\n\n", "  ")), {
      minLength: 1,
      maxLength: 20,
    }).map((sentences) => sentences.flat().join(""));

    fc.assert(
      fc.property(prose, budget, fc.constantFrom("markdown" as const, "text" as const), (
        text,
        budget,
        format,
      ) => {
        for (const cut of cutsOf(chunkDocument(text, { format, ...budget }))) {
          expect(text.slice(cut - 1, cut + 1)).toMatch(/^\s\S$/);
        }
      }),
      { numRuns: 300 },
    );
  });
});
