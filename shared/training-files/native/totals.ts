import type { FileEntry } from "../file-entry.ts";
import { meanScore } from "../snapshot/score-stats.ts";
import { consultantProfileBuilder } from "./consultant-profile.ts";
import { type Distribution, distributionBuilder } from "./distribution.ts";

/** The figures of a training file, all recounted from its snapshots (contract §3). */
export interface Totals {
  readonly conversation_count: number;
  /** Pairs with a target. */
  readonly total_training_pairs: number;
  /** Mean, least and greatest conversation score, two decimals; null if none has a score. */
  readonly avg_quality_score: number | null;
  readonly min_quality_score: number | null;
  readonly max_quality_score: number | null;
  /** Conversations whose pairs are all reviewed. */
  readonly human_reviewed_count: number;
  /** 0–100, two decimals. */
  readonly human_reviewed_percentage: number;
  readonly scaffolding_distribution: Distribution;
  /** The first one that a conversation names. */
  readonly vertical: string | null;
  /** Compact JSON text. */
  readonly consultant_profile: string | null;
  /** Bytes of all conversations in the native files, without headers and separators. */
  readonly sizes: { readonly json: number; readonly jsonl: number };
}

/** Adds up snapshots one at a time: memory does not grow with the file. */
export interface TotalsBuilder {
  add(entry: FileEntry): void;
  /** Throws `TrainingFileError` `CONSULTANT_PROFILE_MISMATCH` if the file holds two profiles. */
  build(): Totals;
}

/** Starts at zero. */
export function totalsBuilder(): TotalsBuilder {
  const distribution = distributionBuilder();
  const profile = consultantProfileBuilder();
  const scores = { sum: 0, count: 0, min: Infinity, max: -Infinity };
  const counts = { conversations: 0, targets: 0, reviewed: 0, json: 0, jsonl: 0 };
  let vertical: string | null = null;
  return {
    add(entry) {
      const { snapshot } = entry;
      counts.conversations++;
      counts.targets += snapshot.counts.target_pairs;
      counts.reviewed += snapshot.is_human_reviewed ? 1 : 0;
      counts.json += snapshot.sizes.json;
      counts.jsonl += snapshot.sizes.jsonl;
      vertical ??= snapshot.vertical;
      addScore(scores, meanScore(snapshot.scores));
      distribution.add(snapshot);
      profile.add(entry);
    },
    build: () => ({
      conversation_count: counts.conversations,
      total_training_pairs: counts.targets,
      avg_quality_score: scores.count === 0 ? null : twoDecimals(scores.sum / scores.count),
      min_quality_score: scores.count === 0 ? null : twoDecimals(scores.min),
      max_quality_score: scores.count === 0 ? null : twoDecimals(scores.max),
      human_reviewed_count: counts.reviewed,
      human_reviewed_percentage: twoDecimals(100 * counts.reviewed / (counts.conversations || 1)),
      scaffolding_distribution: distribution.build(),
      vertical,
      consultant_profile: profile.build(),
      sizes: { json: counts.json, jsonl: counts.jsonl },
    }),
  };
}

/** The totals of a list of entries. */
export function totalsOf(entries: Iterable<FileEntry>): Totals {
  const builder = totalsBuilder();
  for (const entry of entries) builder.add(entry);
  return builder.build();
}

function addScore(
  scores: { sum: number; count: number; min: number; max: number },
  score: number | null,
): void {
  if (score === null) return;
  scores.sum += score;
  scores.count++;
  scores.min = Math.min(scores.min, score);
  scores.max = Math.max(scores.max, score);
}

function twoDecimals(value: number): number {
  return Math.round(value * 100) / 100;
}
