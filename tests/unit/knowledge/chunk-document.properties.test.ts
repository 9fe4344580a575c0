import fc from "fast-check";
import { countTokens } from "gpt-tokenizer/encoding/cl100k_base";
import { describe, expect, test } from "vitest";
import {
  type Chunk,
  chunkDocument,
  type ChunkOptions,
} from "../../../shared/knowledge/chunk-document.ts";
import { anyText, markdownDocument } from "./markdown-arbitrary.ts";

const OPTIONS = { disallowedSpecial: new Set<string>() };

const budget = fc.oneof(fc.constant(150), fc.integer({ min: 16, max: 300 }))
  .chain((maxTokens) =>
    fc.record({
      format: fc.constantFrom("markdown" as const, "text" as const, "records" as const),
      maxTokens: fc.constant(maxTokens),
      overlapTokens: fc.integer({ min: 0, max: Math.floor(maxTokens / 2) }),
    })
  );

type Budget = Required<ChunkOptions>;

/** Checks a promise on documents of Markdown, and on strings that are nothing of the kind. */
function promise(check: (chunks: Chunk[], text: string, options: Budget) => void): void {
  const property = fc.property(fc.oneof(markdownDocument, anyText), budget, (text, options) => {
    check(chunkDocument(text, options), text, options);
  });
  fc.assert(property, { numRuns: 200 });
}

describe("chunkDocument", () => {
  test("offsets point at the source", () => {
    promise((chunks, text) => {
      for (const { content, startOffset, endOffset } of chunks) {
        expect(content).toBe(text.slice(startOffset, endOffset));
      }
    });
  });

  test("without their overlaps the chunks put end to end are the text", () => {
    promise((chunks, text) => {
      const back = chunks.map(({ content, overlap }) => content.slice(overlap)).join("");

      expect(back).toBe(text.trim() === "" ? "" : text);
    });
  });

  test("ordinals count from 0, and each chunk starts and ends later than the one before", () => {
    promise((chunks) => {
      expect(chunks.map(({ ordinal }) => ordinal)).toEqual([...chunks.keys()]);
      for (const [at, { startOffset, endOffset }] of chunks.slice(1).entries()) {
        expect(startOffset).toBeGreaterThan(chunks[at]!.startOffset);
        expect(endOffset).toBeGreaterThan(chunks[at]!.endOffset);
      }
    });
  });

  test("the overlap is the end of the chunk before, within its budget and its section", () => {
    promise((chunks, _, { overlapTokens }) => {
      for (const [at, { content, overlap, headingPath }] of chunks.entries()) {
        if (overlap === 0) continue;
        const before = chunks[at - 1]!;
        expect(before.content.endsWith(content.slice(0, overlap))).toBe(true);
        expect(countTokens(content.slice(0, overlap), OPTIONS)).toBeLessThanOrEqual(overlapTokens);
        expect(headingPath).toEqual(before.headingPath);
        expect(content.length).toBeGreaterThan(overlap);
      }
    });
  });

  test("the token count is the tokenizer's and never above the budget", () => {
    promise((chunks, _, { maxTokens }) => {
      for (const { content, tokenCount } of chunks) {
        expect(tokenCount).toBe(countTokens(content, OPTIONS));
        expect(tokenCount).toBeLessThanOrEqual(maxTokens);
      }
    });
  });

  test("a chunk is white space only inside a run too long to go with its neighbours", () => {
    promise((chunks, text, { maxTokens }) => {
      for (const { content, startOffset, endOffset } of chunks) {
        if (content.trim() !== "") continue;
        const before = text.slice(0, startOffset);
        const run = before.length - before.trimEnd().length +
          text.slice(startOffset).length - text.slice(startOffset).trimStart().length;
        expect(run).toBeGreaterThan(Math.floor(maxTokens / 8));
        expect(endOffset - startOffset).toBeGreaterThan(0);
      }
    });
  });

  test("no surrogate pair is cut", () => {
    promise((chunks, text) => {
      const cuts = chunks.flatMap(({ startOffset, overlap, endOffset }) => [
        startOffset,
        startOffset + overlap,
        endOffset,
      ]);
      for (const cut of cuts) {
        const isInside = cut > 0 && cut < text.length && text.codePointAt(cut - 1)! > 0xffff;
        expect(isInside).toBe(false);
      }
    });
  });

  test("the same text gives the same chunks", () => {
    promise((chunks, text, options) => {
      expect(chunkDocument(text, options)).toEqual(chunks);
    });
  });
});
