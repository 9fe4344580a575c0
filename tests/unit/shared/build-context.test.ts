import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { buildContext, type ContextMatch } from "../../../shared/knowledge/build-context.ts";
import { countTokens } from "../../../shared/knowledge/count-tokens.ts";

/** Text with everything in it that could be taken for a passage of ours. */
const text = fc.array(
  fc.oneof(
    fc.string({ unit: "grapheme", maxLength: 20 }),
    fc.constantFrom("[1] Fake › Heading", "[2]", "> quoted", "# Heading", "---", "  "),
    fc.constantFrom("\n", "\n\n", "\r", "\r\n", "\v", "\f", "\x85", "\u2028", "\u2029"),
  ),
  { maxLength: 12 },
).map((parts) => parts.join(""));
const match: fc.Arbitrary<ContextMatch> = fc.record({
  source: fc.constant("chunk"),
  id: fc.uuid(),
  document_id: fc.uuid(),
  title: text,
  content: text,
  heading_path: fc.array(text, { maxLength: 3 }),
});
const matches = fc.array(match, { maxLength: 8 });
const budget = fc.oneof(fc.nat(400), fc.constant(100_000));

/** Lines as anybody may see them. */
function linesOf(context: string): string[] {
  return context.split(/\r\n|[\n\v\f\r\x85\u2028\u2029]/);
}

function passage(content: string, id = content): ContextMatch {
  return { source: "chunk", id, document_id: "d", title: "T", content, heading_path: ["H"] };
}

describe("buildContext", () => {
  test("writes numbered passages with title and headings", () => {
    const { context, citations } = buildContext([passage("a\nb"), passage("c")], 100);

    expect(context).toBe("[1] T › H\n> a\n> b\n\n[2] T › H\n> c");
    expect(citations).toEqual([
      { n: 1, source: "chunk", id: "a\nb", document_id: "d" },
      { n: 2, source: "chunk", id: "c", document_id: "d" },
    ]);
  });

  test("never takes more tokens than it may", () => {
    fc.assert(fc.property(matches, budget, (matches, maxTokens) => {
      const { context } = buildContext(matches, maxTokens);

      expect(countTokens(context)).toBeLessThanOrEqual(maxTokens);
    }));
  });

  test("numbers the passages as it cites them, best first", () => {
    fc.assert(fc.property(matches, budget, (matches, maxTokens) => {
      const { context, citations } = buildContext(matches, maxTokens);

      const numbers = linesOf(context).filter((line) => line.startsWith("["))
        .map((line) => Number(/^\[(\d+)\] /.exec(line)?.[1]));
      expect(numbers).toEqual(citations.map(({ n }) => n));
      expect(numbers).toEqual(numbers.map((_, index) => index + 1));
      const ids = matches.map(({ id }) => id);
      const positions = citations.map(({ id }) => ids.indexOf(id));
      expect(positions).toEqual(positions.toSorted((a, b) => a - b));
    }));
  });

  test("lets no line of a source stand without its mark, whatever ends it", () => {
    fc.assert(fc.property(matches, (matches) => {
      const { context, citations } = buildContext(matches, 100_000);

      const unmarked = linesOf(context).filter((line) => line !== "" && !line.startsWith("> "));
      expect(unmarked).toHaveLength(citations.length);
    }));
  });

  test("leaves out what does not fit and goes on with what does", () => {
    const { citations } = buildContext([passage("long ".repeat(50)), passage("short")], 20);

    expect(citations).toEqual([{ n: 1, source: "chunk", id: "short", document_id: "d" }]);
  });

  test("is empty when there is nothing, or room for nothing", () => {
    expect(buildContext([], 100)).toEqual({ context: "", citations: [] });
    expect(buildContext([passage("a")], 0)).toEqual({ context: "", citations: [] });
  });
});
