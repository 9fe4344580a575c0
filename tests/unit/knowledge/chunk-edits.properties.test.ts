import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { chunkDocument } from "../../../shared/knowledge/chunk-document.ts";
import {
  type DocumentKind,
  documentKinds,
  makeDocumentParts,
  wordsFrom,
} from "../../support/edited-documents.ts";

/** What a chunk's vector depends on, as `hashContent` takes it. */
function embedded(parts: readonly string[], { format, around = ["", ""] }: DocumentKind): string[] {
  return chunkDocument(around[0] + parts.join("") + around[1], { format })
    .map(({ headingPath, content }) => JSON.stringify([headingPath, content]));
}

const edit = fc.record({
  how: fc.constantFrom("insert", "delete", "replace", "a word", "longer", "shorter"),
  where: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
  size: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
  seed: fc.nat(),
});
type Edit = typeof edit extends fc.Arbitrary<infer T> ? T : never;

function change(parts: readonly string[], kind: DocumentKind, edit: Edit): string[] {
  // A heading is no paragraph: all that stands below it is embedded with it.
  const paragraphs = [...parts.keys()].filter((at) => parts[at]![0] !== "#");
  const at = paragraphs[Math.floor(edit.where * paragraphs.length)]!;
  const old = parts[at]!;
  const words = wordsFrom(edit.seed);
  const count = 1 + Math.floor(edit.size * kind.most);
  const part = () => kind.part(words, count % 4 === 0 ? count + 1 : count);
  const inside = old.lastIndexOf(" ", Math.floor(old.length * (0.3 + edit.size / 2)));
  switch (edit.how) {
    case "insert":
      return parts.toSpliced(at, 0, part());
    case "delete":
      return parts.toSpliced(at, 1);
    case "replace":
      return parts.toSpliced(at, 1, part());
    case "a word":
      return parts.with(at, `${old.slice(0, inside)} changed${old.slice(inside)}`);
    case "longer":
      return parts.with(at, `${old.slice(0, inside)} ${words(15)}${old.slice(inside)}`);
    default:
      return parts.with(at, old.slice(0, inside) + old.slice(old.lastIndexOf(" ")));
  }
}

describe("a document with one changed paragraph", () => {
  test.for(Object.entries(documentKinds))(
    "keeps all but three of its chunks at the most: %s",
    ([, kind]) => {
      const parts = makeDocumentParts(kind, 40_000);
      const before = new Set(embedded(parts, kind));
      expect(before.size).toBeGreaterThan(40);

      fc.assert(
        fc.property(edit, (edit) => {
          const fresh = embedded(change(parts, kind, edit), kind).filter((id) => !before.has(id));

          expect(fresh.length).toBeLessThanOrEqual(3);
        }),
        // Of 15,000 random edits of short paragraphs one embeds four (docs/chunking.md).
        { numRuns: 100, seed: 1 },
      );
    },
  );

  test("keeps its chunks however many other paragraphs have changed as well", () => {
    const kind = documentKinds["plain prose"]!;
    const parts = makeDocumentParts(kind, 200_000);
    const before = new Set(embedded(parts, kind));
    const edits = Array.from({ length: 10 }, (_, at) => (at + 0.5) / 10);

    const after = edits.reduce(
      (parts, where) => change(parts, kind, { how: "replace", where, size: where, seed: 7 }),
      parts,
    );

    const fresh = embedded(after, kind).filter((id) => !before.has(id));
    expect(fresh.length).toBeLessThanOrEqual(3 * edits.length);
  });
});
