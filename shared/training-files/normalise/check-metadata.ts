import type { EnrichedConversation, TrainingPair } from "../conversation/enriched-conversation.ts";
import { countTurns } from "../conversation/count-turns.ts";
import type { ScaffoldingReading } from "../conversation/read-scaffolding.ts";
import { type Problem, problem } from "../report/problem.ts";
import { isScore } from "../snapshot/score-stats.ts";

/**
 * Faults beside the texts: turn numbers (E10), ids (E11), scaffolding (E12), scores (E13),
 * declared totals (E21). None of them takes a row out of an export, since no trainer reads these
 * fields: a score outside 1–5 leaves the means, missing scaffolding is null, totals are recounted.
 */
export function checkMetadata(
  data: EnrichedConversation,
  scaffolding: ScaffoldingReading,
): Problem[] {
  return [
    ...checkTurnNumbers(data.training_pairs),
    ...checkIds(data.training_pairs),
    ...scaffolding.missing.map((key) => problem("E12", `${key} is missing`)),
    ...scaffolding.disagreements.map((text) => problem("E12", text, { level: "warning" })),
    ...data.training_pairs.flatMap(checkScore),
    ...checkDeclared(data),
  ];
}

function checkTurnNumbers(pairs: readonly TrainingPair[]): Problem[] {
  let previous = 0;
  return pairs.flatMap(({ turn_number: turn, id }, index) => {
    const isNext = typeof turn === "number" && Number.isInteger(turn) && turn > previous;
    if (isNext) previous = turn;
    const message = `turn_number is ${turn ?? "missing"}, after ${previous}`;
    return isNext ? [] : [problem("E10", message, { pair_index: index, pair_id: id })];
  });
}

function checkIds(pairs: readonly TrainingPair[]): Problem[] {
  const seen = new Set<string>();
  return pairs.flatMap(({ id }, index) => {
    const isRepeated = seen.has(id);
    seen.add(id);
    const message = "another pair of this conversation has this id";
    return isRepeated ? [problem("E11", message, { pair_index: index, pair_id: id })] : [];
  });
}

function checkScore(pair: TrainingPair, index: number): Problem[] {
  const score = pair.training_metadata?.quality_score ?? null;
  if (score === null || isScore(score)) return [];
  const message = `quality_score is ${score}; it is left out of the means`;
  return [problem("E13", message, { pair_index: index, pair_id: pair.id })];
}

/** Files disagree on whether `total_turns` counts pairs, turns or messages: any of them will do. */
function checkDeclared(data: EnrichedConversation): Problem[] {
  const { total_turns: turns, total_conversations: count } = data.dataset_metadata ?? {};
  const pairs = data.training_pairs.length;
  const targets = data.training_pairs.filter((pair) => pair.target_response !== null).length;
  const known = [countTurns(data), pairs, pairs + targets, 2 * targets];
  const problems: Problem[] = [];
  if (typeof turns === "number" && !known.includes(turns)) {
    const message = `total_turns says ${turns}, the recount ${countTurns(data)}`;
    problems.push(problem("E21", message, { fixed: true }));
  }
  if (typeof count === "number" && count !== 1) {
    problems.push(problem("E21", `total_conversations says ${count}, not 1`, { fixed: true }));
  }
  return problems;
}
