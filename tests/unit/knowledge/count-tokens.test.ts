import fc from "fast-check";
import cl100kRanks from "gpt-tokenizer/bpeRanks/cl100k_base";
import { countTokens as countWithPackage } from "gpt-tokenizer/encoding/cl100k_base";
import { CL100K_TOKEN_SPLIT_REGEX } from "gpt-tokenizer/encodingParams/constants";
import { describe, expect, test } from "vitest";
import { countTokens } from "../../../shared/knowledge/count-tokens.ts";
import { bytePairOracle } from "../../support/byte-pair-oracle.ts";

const OPTIONS = { disallowedSpecial: new Set<string>() };
const oracle = bytePairOracle(cl100kRanks, CL100K_TOKEN_SPLIT_REGEX);
// The package loses a token that is a byte order mark.
const expected = (text: string) =>
  text.includes("\ufeff") ? oracle(text) : countWithPackage(text, OPTIONS);

const piece = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string({ unit: "grapheme" }),
  fc.stringMatching(/^[a-z]{0,40}$/),
  fc.constantFrom(
    "<|endoftext|>",
    "<|fim_prefix|>",
    "\r\n",
    "  \n\n",
    "\u00a0",
    "'ll",
    "\ud83d",
    "\ufeff",
  ),
  fc.tuple(fc.constantFrom(" ", "=", "a", "é", "👩‍🚒", "\n"), fc.nat(300))
    .map(([unit, count]) => unit.repeat(count)),
);
const text = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(""));

describe("countTokens", () => {
  test("it counts what gpt-tokenizer counts, on any text", () => {
    fc.assert(
      fc.property(text, (text) => {
        expect(countTokens(text)).toBe(expected(text));
      }),
      { numRuns: 1500 },
    );
  });

  test("the names of special tokens are text like any other", () => {
    expect(countTokens("<|endoftext|>")).toBe(7);
  });

  test("a byte order mark is one token", () => {
    expect(countTokens("\ufeff")).toBe(1);
  });

  test("no text has no tokens", () => {
    expect(countTokens("")).toBe(0);
  });

  test.for(["a", "=", " ", "é", "潮", "\u0301"])(
    "its time grows with the length of a run of %j, not with the square",
    (unit) => {
      countTokens(unit.repeat(1000));
      const started = performance.now();

      countTokens(unit.repeat(300_000));

      // A fifth of a second here; gpt-tokenizer itself would take most of a minute.
      expect(performance.now() - started).toBeLessThan(10_000);
    },
  );
});
