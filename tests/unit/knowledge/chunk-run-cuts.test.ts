import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { findRunCuts } from "../../../shared/knowledge/chunk-run-cuts.ts";

function piecesOf(text: string): string[] {
  const cuts = [0, ...findRunCuts(text, 0, text.length), text.length];
  return cuts.slice(1).map((cut, at) => text.slice(cuts[at], cut));
}

describe("findRunCuts", () => {
  test("a run is cut into stretches of 1 to 32 units, and no surrogate pair in two", () => {
    const unit = fc.constantFrom("a", "\u0301", "👩\u200d", "潮", "\ud800", "\udc00", "\u{1d165}");
    const run = fc.oneof(
      fc.string({ unit, maxLength: 300 }),
      fc.tuple(unit, fc.integer({ min: 1, max: 200 })).map(([unit, count]) => unit.repeat(count)),
    ).filter((run) => run !== "");

    fc.assert(fc.property(run, (run) => {
      for (const piece of piecesOf(run)) {
        expect(piece.length).toBeGreaterThan(0);
        expect(piece.length).toBeLessThanOrEqual(32);
      }
      expect(piecesOf(run).flatMap((piece) => [...piece])).toEqual([...run]);
    }));
  });

  test("it is cut before a word, where the script writes none apart", () => {
    for (const piece of piecesOf(`を${"潮位計を毎週点検する".repeat(20)}`).slice(1)) {
      expect(piece).toMatch(/^(潮位|計|を|毎週|点検|する)/);
    }
  });

  test("it is cut between graphemes, where there is no word", () => {
    for (const piece of piecesOf("e\u0301\u0301".repeat(50))) {
      expect(piece).toMatch(/^(e\u0301\u0301)+$/);
    }
  });

  test("a short run is cut in halves, down to code points", () => {
    expect([piecesOf("abcd"), piecesOf("abc"), piecesOf("👩👩"), piecesOf("👩")])
      .toEqual([["ab", "cd"], ["ab", "c"], ["👩", "👩"], ["👩"]]);
  });
});
