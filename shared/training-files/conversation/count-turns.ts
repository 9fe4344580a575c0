import type { EnrichedConversation } from "./enriched-conversation.ts";

/**
 * The turns of a conversation: its last turn number when the numbers rise from pair to pair and
 * stay within two a pair, else the number of its pairs. The declared `total_turns` is not read.
 */
export function countTurns(data: EnrichedConversation): number {
  const pairs = data.training_pairs.length;
  let last = 0;
  for (const { turn_number: turn } of data.training_pairs) {
    if (typeof turn !== "number" || !Number.isInteger(turn) || turn <= last) return pairs;
    last = turn;
  }
  return last <= 2 * pairs ? last : pairs;
}
