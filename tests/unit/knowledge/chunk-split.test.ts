import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { SpanKind } from "../../../shared/knowledge/chunk-spans.ts";
import { splitSpan } from "../../../shared/knowledge/chunk-split.ts";
import { anyText, markdownDocument } from "./markdown-arbitrary.ts";

const BLOCKS = ["heading", "paragraph", "list", "code", "table", "item", "row", "line"] as const;
const KINDS: SpanKind[] = [...BLOCKS, "sentence", "phrase", "word", "run", "space"];

function partsOf(text: string, kind: SpanKind, spaceLength: number) {
  const span = { start: 0, end: text.length, kind, isHeading: false, path: [], section: 0 };
  return splitSpan(text, span, spaceLength);
}

const kind = fc.constantFrom(...KINDS.filter((kind) => kind !== "space"));
const text = fc.oneof(markdownDocument, anyText).filter((text) => text.trim() !== "");
const word = fc.tuple(fc.constantFrom("x", "潮", "👩\u200d"), fc.integer({ min: 1, max: 100 }))
  .map(([unit, count]) => `  ${unit.repeat(count)}\n\n`);

describe("splitSpan", () => {
  test("the parts follow each other from the start of the span to its end", () => {
    fc.assert(fc.property(text, kind, fc.nat(30), (text, kind, spaceLength) => {
      const parts = partsOf(text, kind, spaceLength);

      if (parts.length === 0) {
        expect([...text.trim()]).toHaveLength(1);
        return;
      }
      expect(parts.map(({ start, end }) => text.slice(start, end)).join("")).toBe(text);
      for (const { start, end } of parts) expect(end).toBeGreaterThan(start);
    }));
  });

  test("only a part of long white space has no word in it", () => {
    const wordOnly = fc.tuple(word, fc.constantFrom<SpanKind>("word", "run"));
    const any = fc.tuple(text, kind.filter((kind) => kind !== "word" && kind !== "run"));

    fc.assert(fc.property(fc.oneof(any, wordOnly), fc.nat(30), ([text, kind], spaceLength) => {
      for (const { start, end, kind: part } of partsOf(text, kind, spaceLength)) {
        expect(text.slice(start, end).trim() === "").toBe(part === "space");
        if (part === "space") expect(end - start).toBeGreaterThan(spaceLength);
      }
    }));
  });

  test("white space is split down to one unit", () => {
    expect([200, 5, 2, 1].map((length) => partsOf(" ".repeat(length), "space", 0).length))
      .toEqual([4, 2, 2, 0]);
  });
});
