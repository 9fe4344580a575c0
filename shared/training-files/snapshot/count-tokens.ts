import { bytePairCounter } from "../../tokens/byte-pair-counter.ts";
import { o200kBase, o200kPattern } from "../../tokens/o200k-base.ts";

/** Tokens of a text in `o200k_base`, exact for OpenAI's models since GPT-4o and an estimate for others. */
export const countTokens = bytePairCounter(o200kBase, o200kPattern);
