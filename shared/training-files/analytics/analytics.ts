import type { NearDuplicates } from "../duplicates/group-near-duplicates.ts";
import type { FileEntry } from "../file-entry.ts";
import { type Totals, totalsOf } from "../native/totals.ts";
import { type QualityTier, qualityTier } from "../snapshot/quality-tier.ts";
import { meanScore } from "../snapshot/score-stats.ts";
import { type Balance, balanceOf } from "./balance.ts";
import { cellOf } from "./cell.ts";
import { type QualityBin, qualityHistogram } from "./quality-histogram.ts";
import { type Candidate, suggestConversations, type Suggestion } from "./suggest.ts";
import { type TokenAnalytics, tokenAnalytics } from "./token-analytics.ts";
import { type Universe, universeOf } from "./universe.ts";

/** The answer of `GET /training-files/:id/analytics`. */
export interface Analytics {
  readonly conversation_count: number;
  readonly total_training_pairs: number;
  readonly quality: {
    readonly avg: number | null;
    readonly min: number | null;
    readonly max: number | null;
    readonly histogram: readonly QualityBin[];
    readonly tiers: Readonly<Record<QualityTier | "unscored", number>>;
    readonly human_reviewed_count: number;
  };
  readonly tokens: TokenAnalytics;
  readonly balance: Balance;
  readonly near_duplicates: NearDuplicates;
  readonly suggestions: readonly Suggestion[];
}

export interface AnalyticsInput {
  readonly entries: readonly FileEntry[];
  readonly duplicates: NearDuplicates;
  /** Conversations that are ready and not in the file. */
  readonly candidates?: readonly Candidate[];
  /** Keys of the organisation's personas, arcs and topics, used or not. */
  readonly known?: Partial<Universe>;
}

/** Describes a file from its snapshots. */
export function analyticsOf(
  { entries, duplicates, candidates = [], known }: AnalyticsInput,
): Analytics {
  const totals = totalsOf(entries);
  const cells = entries.map(({ snapshot }) => cellOf(snapshot));
  const reachable = universeOf([...cells, ...candidates.map(({ cell }) => cell)], known);
  return {
    conversation_count: totals.conversation_count,
    total_training_pairs: totals.total_training_pairs,
    quality: qualityOf(entries, totals),
    tokens: tokenAnalytics(entries),
    balance: balanceOf(cells, universeOf(cells, known)),
    near_duplicates: duplicates,
    suggestions: suggestConversations(cells, candidates, reachable),
  };
}

function qualityOf(entries: readonly FileEntry[], totals: Totals): Analytics["quality"] {
  const scores = entries.map(({ snapshot }) => meanScore(snapshot.scores));
  const tiers = { seed_dataset: 0, production: 0, experimental: 0, rejected: 0, unscored: 0 };
  for (const score of scores) tiers[qualityTier(score) ?? "unscored"]++;
  return {
    avg: totals.avg_quality_score,
    min: totals.min_quality_score,
    max: totals.max_quality_score,
    histogram: qualityHistogram(scores.filter((score) => score !== null)),
    tiers,
    human_reviewed_count: totals.human_reviewed_count,
  };
}
