import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DocumentError } from "../../../../shared/knowledge/document-error.ts";
import { extractText } from "../../../../shared/knowledge/extract-text.ts";
import {
  docxParagraph,
  docxTable,
  linesFromTop,
  makeDocx,
  makePdf,
  utf8,
} from "../../../support/documents.ts";

const words = fc.array(fc.stringMatching(/^[a-z]{2,9}$/), { minLength: 1, maxLength: 9 })
  .map((words) => words.join(" "));
const paragraphs = fc.array(words, { minLength: 1, maxLength: 12 });
const mimeType = fc.constantFrom("text/plain", "text/markdown", "text/html", "text/csv", "");

const samples = [
  makePdf([linesFromTop("One passage.", "Another."), linesFromTop("A third.")]),
  makeDocx(docxParagraph("One", 1) + docxParagraph("Two") + docxTable([["a", "b"], ["c", "d"]])),
  utf8(
    '<!doctype html><body><h1>One</h1><p>Two <a href="x">three</a></p><table><tr><td>a<td>b</table>',
  ),
  utf8('name,born\n"Ada, of London",1815\n'),
];

/** A document with some of its bytes changed, taken out or doubled. */
const damaged = fc.record({
  sample: fc.constantFrom(...samples),
  changes: fc.array(
    fc.record({
      at: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
      kind: fc.constantFrom("set", "cut", "double"),
      length: fc.integer({ min: 1, max: 40 }),
      byte: fc.integer({ min: 0, max: 255 }),
    }),
    { minLength: 1, maxLength: 6 },
  ),
}).map(({ sample, changes }) => {
  let bytes = Array.from(sample);
  for (const { at, kind, length, byte } of changes) {
    const start = Math.floor(at * bytes.length);
    const before = bytes.slice(0, start);
    const after = bytes.slice(start);
    if (kind === "set") bytes = [...before, byte, ...after.slice(1)];
    if (kind === "cut") bytes = [...before, ...after.slice(length)];
    if (kind === "double") bytes = [...before, ...after.slice(0, length), ...after];
  }
  return Uint8Array.from(bytes);
});

/** Text that can be stored, or a refusal for a person. */
async function assertReadOrRefused(bytes: Uint8Array, mimeType: string): Promise<void> {
  try {
    const { text, pages = [] } = await extractText(bytes, mimeType);
    expect(text.trim()).not.toBe("");
    expect(text).not.toContain("\0");
    expect(text.isWellFormed()).toBe(true);
    expect(pages.every(({ startOffset }) => startOffset < text.length)).toBe(true);
  } catch (error) {
    if (!(error instanceof DocumentError)) throw error;
    expect(error.message).toMatch(/^[A-Z][^\n]{10,200}\.$/);
  }
}

function expectInOrder(text: string, parts: readonly string[]): void {
  let at = 0;
  for (const part of parts) {
    const found = text.indexOf(part, at);
    expect(found, part).toBeGreaterThanOrEqual(0);
    at = found + part.length;
  }
}

describe("extractText", () => {
  test("reads or refuses any bytes, and nothing else happens", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), mimeType, assertReadOrRefused),
      { numRuns: 500 },
    );
  });

  test("reads or refuses any text", async () => {
    const text = fc.oneof(
      fc.string({ unit: "binary", maxLength: 200 }),
      fc.array(
        fc.constantFrom("<p>", "</p>", "<table>", "<tr><td>", "a", '"', ",", "\n", "&#0;", "|"),
      )
        .map((parts) => parts.join("")),
    );

    await fc.assert(
      fc.asyncProperty(
        text,
        mimeType,
        (text, mimeType) => assertReadOrRefused(utf8(text), mimeType),
      ),
      { numRuns: 500 },
    );
  });

  test("reads or refuses damaged documents of every format", { timeout: 60_000 }, async () => {
    await fc.assert(fc.asyncProperty(damaged, mimeType, assertReadOrRefused), { numRuns: 600 });
  });

  test("loses no paragraph of any format, and keeps their order", { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(paragraphs, async (paragraphs) => {
        const html = paragraphs.map((text) => `<p>${text}</p>`).join("");
        const rows = paragraphs.map((text, at) => `${at},${text}`).join("\n");
        const documents: [Uint8Array, string][] = [
          [utf8(paragraphs.join("\n\n")), "text/plain"],
          [utf8(`<html><body>${html}</body></html>`), "text/html"],
          [utf8(`number,text\n${rows}`), "text/csv"],
          [makeDocx(paragraphs.map((text) => docxParagraph(text)).join("")), ""],
          [makePdf(paragraphs.map((text) => linesFromTop(text))), ""],
          [makePdf([paragraphs.map((text, at) => ({ text, y: 800 - 40 * at }))]), ""],
        ];
        for (const [bytes, mimeType] of documents) {
          const { text } = await extractText(bytes, mimeType);
          expectInOrder(text, paragraphs);
        }
      }),
      { numRuns: 60 },
    );
  });
});
