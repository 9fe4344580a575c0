import type { FileEntry } from "../file-entry.ts";
import type { Loss } from "../exports/export-options.ts";
import type { Granularity } from "../normalise/normalise-conversation.ts";
import { type Percentiles, percentilesOf } from "./percentiles.ts";

/** Prompt and trained tokens of all rows of a file. */
export interface TokenSums {
  readonly prompt: number;
  readonly trained: number;
}

export interface TokenAnalytics {
  /** What the counts are exact for; for other models they are estimates. */
  readonly encoding: "o200k_base";
  /** One row a conversation, every reply trained. */
  readonly conversation: TokenSums;
  /** One row a pair, its reply trained. */
  readonly pair: TokenSums;
  /** Of a conversation: tokens of its rows, and those trained. */
  readonly per_conversation: { readonly total: Percentiles; readonly trained: Percentiles };
}

/** The tokens of the rows of a file, for one granularity and loss. */
export function tokenSums(
  entries: readonly FileEntry[],
  granularity: Granularity,
  loss: Loss,
): TokenSums {
  let total = 0;
  let trained = 0;
  for (const { snapshot } of entries) {
    const counts = snapshot.tokens[granularity];
    total += counts.total;
    trained += loss === "all" ? counts.trained_all : counts.trained_last;
  }
  return { prompt: total - trained, trained };
}

/** The token part of the analytics. */
export function tokenAnalytics(entries: readonly FileEntry[]): TokenAnalytics {
  const counts = entries.map(({ snapshot }) => snapshot.tokens.conversation);
  return {
    encoding: "o200k_base",
    conversation: tokenSums(entries, "conversation", "all"),
    pair: tokenSums(entries, "pair", "last"),
    per_conversation: {
      total: percentilesOf(counts.map(({ total }) => total)),
      trained: percentilesOf(counts.map(({ trained_all: trained }) => trained)),
    },
  };
}
