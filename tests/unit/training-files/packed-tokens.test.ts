import cl100kRanks from "gpt-tokenizer/bpeRanks/cl100k_base";
import o200kRanks from "gpt-tokenizer/bpeRanks/o200k_base";
import {
  CL100K_TOKEN_SPLIT_REGEX,
  O200K_TOKEN_SPLIT_REGEX,
} from "gpt-tokenizer/encodingParams/constants";
import { expect, test } from "vitest";
import { cl100kBase, cl100kPattern } from "../../../shared/tokens/cl100k-base.ts";
import { o200kBase, o200kPattern } from "../../../shared/tokens/o200k-base.ts";
import { unpackTokens } from "../../../shared/tokens/unpack-tokens.ts";

test.each([
  { name: "cl100k_base", packed: cl100kBase, ranks: cl100kRanks },
  { name: "o200k_base", packed: o200kBase, ranks: o200kRanks },
])("the packed table of $name has the tokens of gpt-tokenizer", ({ packed, ranks }) => {
  const { bytes, starts } = unpackTokens(packed);
  const encoder = new TextEncoder();

  const different = ranks.findIndex((token, rank) => {
    const expected = typeof token === "string" ? encoder.encode(token) : Uint8Array.from(token);
    return `${bytes.subarray(starts[rank], starts[rank + 1])}` !== `${expected}`;
  });

  expect(starts.length - 1).toBe(ranks.length);
  expect(different).toBe(-1);
});

test.each([
  { name: "cl100k_base", pattern: cl100kPattern, expected: CL100K_TOKEN_SPLIT_REGEX },
  { name: "o200k_base", pattern: o200kPattern, expected: O200K_TOKEN_SPLIT_REGEX },
])("the pattern of $name is that of gpt-tokenizer", ({ pattern, expected }) => {
  expect(pattern).toEqual(expected);
});
