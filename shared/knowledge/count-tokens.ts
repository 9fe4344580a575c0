import cl100kRanks from "gpt-tokenizer/bpeRanks/cl100k_base";
import { CL100K_TOKEN_SPLIT_REGEX } from "gpt-tokenizer/encodingParams/constants";
import { bytePairCounter } from "../tokens/byte-pair-counter.ts";

/** Number of cl100k_base tokens in `text`. */
export const countTokens = bytePairCounter(cl100kRanks, CL100K_TOKEN_SPLIT_REGEX);
