import { z } from "zod";
import type { ChatRow } from "../normalise/chat-row.ts";
import { countTokens } from "./count-tokens.ts";

/**
 * Tokens of the rows of one granularity, `o200k_base`, contents only: no chat template. What is
 * prompt is `total` less what is trained.
 */
export const TokenCounts = z.strictObject({
  total: z.number().int(),
  /** Trained with `loss=all`: every reply. */
  trained_all: z.number().int(),
  /** Trained with `loss=last`: the last reply of each row. */
  trained_last: z.number().int(),
  longest_row: z.number().int(),
});
export type TokenCounts = z.infer<typeof TokenCounts>;

/** Counts rows, each distinct text once; hand in one `cache` for all rows of a conversation. */
export function tokenCounts(rows: readonly ChatRow[], cache: Map<string, number>): TokenCounts {
  const counts = { total: 0, trained_all: 0, trained_last: 0, longest_row: 0 };
  for (const { system, messages } of rows) {
    const replies = messages.filter(({ role }) => role === "assistant");
    const trained = sum(replies.map(({ content }) => cached(content, cache)));
    const asked = messages.filter(({ role }) => role === "user");
    const prompt = sum(
      [system ?? "", ...asked.map(({ content }) => content)].map((text) => cached(text, cache)),
    );
    counts.total += prompt + trained;
    counts.trained_all += trained;
    counts.trained_last += cached(replies.at(-1)?.content ?? "", cache);
    counts.longest_row = Math.max(counts.longest_row, prompt + trained);
  }
  return counts;
}

function cached(text: string, cache: Map<string, number>): number {
  const known = cache.get(text);
  if (known !== undefined) return known;
  const tokens = countTokens(text);
  cache.set(text, tokens);
  return tokens;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
