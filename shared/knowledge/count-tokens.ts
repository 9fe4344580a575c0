import { bytePairCounter } from "../tokens/byte-pair-counter.ts";
import { cl100kBase, cl100kPattern } from "../tokens/cl100k-base.ts";

/** Number of cl100k_base tokens in `text`. */
export const countTokens = bytePairCounter(cl100kBase, cl100kPattern);
