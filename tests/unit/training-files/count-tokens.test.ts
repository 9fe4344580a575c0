import fc from "fast-check";
import o200kRanks from "gpt-tokenizer/bpeRanks/o200k_base";
import { encode } from "gpt-tokenizer/encoding/o200k_base";
import { O200K_TOKEN_SPLIT_REGEX } from "gpt-tokenizer/encodingParams/constants";
import { describe, expect, test } from "vitest";
import { countTokens } from "../../../shared/training-files/snapshot/count-tokens.ts";
import { bytePairOracle } from "../../support/byte-pair-oracle.ts";
import { tokenCounts } from "../../../shared/training-files/snapshot/token-counts.ts";

const oracle = bytePairOracle(o200kRanks, O200K_TOKEN_SPLIT_REGEX);
const exact = (text: string) => encode(text, { disallowedSpecial: new Set() }).length;

describe("countTokens", () => {
  test.each([
    "",
    "Hello, world! It's 2025.",
    "你好，世界。再见！",
    "emoji 👩‍👩‍👧 and ümlaut",
    "<|endoftext|> is text",
    "a b ".repeat(2000),
    "理财规划师说：先存钱，再还债。别急！".repeat(60),
  ])("counts %j as the encoding does", (text) => {
    expect(countTokens(text)).toBe(exact(text));
  });

  test("counts a byte order mark as one token", () => {
    expect(countTokens("\ufeff")).toBe(1);
  });

  test("counts more words than it keeps counts of, and those again", () => {
    const text = Array.from({ length: 60_000 }, (_, at) => `q${at.toString(36)}x`).join(" ");
    const expected = exact(text);

    expect(countTokens(text)).toBe(expected);
    expect(countTokens(text)).toBe(expected);
  });

  test("counts any text as the encoding does", () => {
    const piece = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.string({ unit: "grapheme" }),
      fc.stringMatching(/^[a-zA-Z]{0,300}$/),
      fc.constantFrom("<|endoftext|>", "\r\n/", " \n\n", "'LL", "\ud83d", "\ufeff"),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const text = pieces.join("");
        expect(countTokens(text)).toBe(oracle(text));
        if (!text.includes("\ufeff")) expect(oracle(text)).toBe(exact(text));
      }),
      { numRuns: 500 },
    );
  });

  test.each(["a", "あ", " ", "!?*", "\u{1F600}"])(
    "counts a megabyte of %j in seconds, where the encoding alone takes hours",
    (unit) => {
      const started = performance.now();

      const tokens = countTokens(unit.repeat(1_000_000 / unit.length));

      expect(tokens).toBeGreaterThan(1000);
      expect(performance.now() - started).toBeLessThan(15_000);
    },
  );
});

describe("tokenCounts", () => {
  test("tells prompt from trained tokens, for both losses", () => {
    const row = {
      system: "Be kind.",
      messages: [
        { role: "user", content: "one" },
        { role: "assistant", content: "two three" },
        { role: "user", content: "four" },
        { role: "assistant", content: "five" },
      ],
    } as const;

    expect(tokenCounts([row, row], new Map())).toEqual({
      total: 2 * (3 + 1 + 2 + 1 + 1),
      trained_all: 2 * (2 + 1),
      trained_last: 2,
      longest_row: 8,
    });
  });
});
