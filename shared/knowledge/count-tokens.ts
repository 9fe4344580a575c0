import { CL100K_TOKEN_SPLIT_REGEX } from "gpt-tokenizer/encodingParams/constants";
import { bytePairCounter } from "../tokens/byte-pair-counter.ts";
import { cl100kBase } from "../tokens/cl100k-base.ts";

/** Number of cl100k_base tokens in `text`. */
export const countTokens = bytePairCounter(cl100kBase, CL100K_TOKEN_SPLIT_REGEX);
