import o200kRanks from "gpt-tokenizer/bpeRanks/o200k_base";
import { O200K_TOKEN_SPLIT_REGEX } from "gpt-tokenizer/encodingParams/constants";
import { bytePairCounter } from "../../tokens/byte-pair-counter.ts";

/** Tokens of a text in `o200k_base`, exact for OpenAI's models since GPT-4o and an estimate for others. */
export const countTokens = bytePairCounter(o200kRanks, O200K_TOKEN_SPLIT_REGEX);
