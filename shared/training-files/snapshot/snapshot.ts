import { z } from "zod";
import { Problem } from "../report/problem.ts";
import { ScoreStats } from "./score-stats.ts";
import { TokenCounts } from "./token-counts.ts";

/** Changes whenever equal content would give another snapshot; stored ones are then taken anew. */
export const SNAPSHOT_SCHEMA = 1;

const Name = z.string().nullable();

/**
 * All that a file needs to know of a conversation before it streams it: totals, distribution,
 * sizes, the header of the full JSON. Computed once per distinct content, so it names no
 * conversation. Safe for `jsonb`: no NUL, no lone surrogate, no infinite number.
 */
export const Snapshot = z.strictObject({
  schema: z.literal(SNAPSHOT_SCHEMA),
  /** Lower-case hex of the object's bytes. */
  sha256: z.string(),
  byte_length: z.number().int(),
  counts: z.strictObject({
    pairs: z.number().int(),
    target_pairs: z.number().int(),
    turns: z.number().int(),
  }),
  /** Indexes in `training_pairs` of the pairs that have no target, ascending. */
  context_pairs: z.array(z.number().int()),
  /** Rows that the trainer exports will have. */
  rows: z.strictObject({ pair: z.number().int(), conversation: z.number().int() }),
  tokens: z.strictObject({ pair: TokenCounts, conversation: TokenCounts }),
  scores: ScoreStats,
  /** True if every pair is reviewed. */
  is_human_reviewed: z.boolean(),
  /** `YYYY-MM-DD`. */
  created_date: z.string().nullable(),
  vertical: z.string().nullable(),
  scaffolding: z.strictObject({
    persona_key: Name,
    persona_name: Name,
    emotional_arc_key: Name,
    emotional_arc: Name,
    training_topic_key: Name,
    training_topic: Name,
  }),
  /** Compact JSON text, since `jsonb` would reorder its keys. */
  consultant_profile: z.string().nullable(),
  /** Of the profile with sorted keys: equal for equal profiles. */
  consultant_profile_sha256: z.string().nullable(),
  /** Bytes that the conversation takes in the native files, separators left out. */
  sizes: z.strictObject({ json: z.number().int(), jsonl: z.number().int() }),
  problems: z.array(Problem),
});
export type Snapshot = z.infer<typeof Snapshot>;
