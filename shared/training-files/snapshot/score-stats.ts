import { z } from "zod";
import type { TrainingPair } from "../conversation/enriched-conversation.ts";

/** The scores of a conversation's pairs, those within 1–5. `min` and `max` null: none has one. */
export const ScoreStats = z.strictObject({
  sum: z.number(),
  count: z.number().int(),
  min: z.number().nullable(),
  max: z.number().nullable(),
});
export type ScoreStats = z.infer<typeof ScoreStats>;

/** True for what a `quality_score` may be. */
export function isScore(value: number): boolean {
  return value >= 1 && value <= 5;
}

/** Sums the pairs' `training_metadata.quality_score`, whether they have a target or not. */
export function scoreStats(pairs: readonly TrainingPair[]): ScoreStats {
  const scores = pairs
    .map((pair) => pair.training_metadata?.quality_score ?? null)
    .filter((score) => score !== null)
    .filter(isScore);
  return {
    sum: scores.reduce((sum, score) => sum + score, 0),
    count: scores.length,
    min: scores.length > 0 ? Math.min(...scores) : null,
    max: scores.length > 0 ? Math.max(...scores) : null,
  };
}

/** A conversation's score: the mean of its pairs' scores, 1–5, or null without any. */
export function meanScore(stats: ScoreStats): number | null {
  return stats.count === 0 ? null : stats.sum / stats.count;
}
