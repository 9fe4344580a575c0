import type { EnrichedConversation } from "../conversation/enriched-conversation.ts";
import { type Problem, problem } from "../report/problem.ts";
import type { ChatMessage, ChatRow } from "./chat-row.ts";
import { type NormalisedPair, normalisePair } from "./normalise-pair.ts";

/** Rows per pair, or rows per conversation. */
export type Granularity = "conversation" | "pair";

/** A conversation as the trainers see it. */
export interface NormalisedConversation {
  /** `pair`: one row for each pair with a sound target, in the order of the file. */
  readonly rows: Readonly<Record<Granularity, readonly ChatRow[]>>;
  readonly problems: readonly Problem[];
}

/**
 * The one way from an enriched conversation to training rows; all trainer exports use it.
 *
 * `rows.conversation` holds one row: that of the last pair, whose history has all the others. A
 * pair that does not continue the one before (E09) starts a second row, so that no target is
 * lost. Every pair with a target has either a row in `rows.pair` or one problem with
 * `excluded: true`.
 */
export function normaliseConversation(data: EnrichedConversation): NormalisedConversation {
  const pairs = data.training_pairs.map(normalisePair);
  const { rows, problems: breaks } = joinPairs(pairs);
  const problems = [
    ...pairs.flatMap((pair) => pair.problems),
    ...breaks,
    ...noTargets(pairs),
    ...systemPrompts(pairs),
  ];
  const pairRows = pairs.flatMap(({ row }) => (row ? [row] : []));
  return { rows: { pair: pairRows, conversation: rows }, problems };
}

function joinPairs(pairs: readonly NormalisedPair[]) {
  const rows: ChatRow[] = [];
  const problems: Problem[] = [];
  for (const { row, index, id } of pairs) {
    if (!row) continue;
    const previous = rows.at(-1);
    if (previous && continues(previous.messages, row.messages)) {
      rows[rows.length - 1] = row;
      continue;
    }
    if (previous) {
      const message = "does not continue the pair before: kept as a row of its own";
      problems.push(problem("E09", message, { pair_index: index, pair_id: id, fixed: true }));
    }
    rows.push(row);
  }
  return { rows, problems };
}

function continues(earlier: readonly ChatMessage[], later: readonly ChatMessage[]): boolean {
  return earlier.length < later.length - 1 &&
    earlier.every(({ role, content }, index) =>
      later[index]?.role === role && later[index]?.content === content
    );
}

function noTargets(pairs: readonly NormalisedPair[]): Problem[] {
  const isBare = pairs.every(({ problems }) => problems.some(({ code }) => code === "E07"));
  return isBare ? [problem("E07", "no pair has a target_response: nothing to train on")] : [];
}

function systemPrompts(pairs: readonly NormalisedPair[]): Problem[] {
  const prompts = new Set(pairs.flatMap(({ row }) => (row ? [row.system] : [])));
  const message = `has ${prompts.size} different system prompts; a conversation row takes the last`;
  return prompts.size > 1 ? [problem("W15", message)] : [];
}
