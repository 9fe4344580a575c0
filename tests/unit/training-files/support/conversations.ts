import type { FileEntry } from "../../../../shared/training-files/file-entry.ts";
import type { FileInfo } from "../../../../shared/training-files/file-info.ts";
import {
  parseConversation,
  type ParsedConversation,
} from "../../../../shared/training-files/conversation/parse-conversation.ts";
import { takeSnapshot } from "../../../../shared/training-files/snapshot/take-snapshot.ts";

/** A pair as the tests write it; any field may be overridden, left out or added. */
export type Pair = Record<string, unknown>;

/** A file whose dates never move. */
export const FILE: FileInfo = {
  name: "Spring clients",
  version: 3,
  created_date: "2025-12-01T12:00:00.000Z",
  last_updated: "2025-12-03T09:30:00.000Z",
};

/** The uuid with this number. */
export function uuid(number: number): string {
  return `00000000-0000-4000-8000-${String(number).padStart(12, "0")}`;
}

/** A pair of one exchange, as seed 004 shows it. */
export function pair(turn: number, fields: Pair = {}): Pair {
  return {
    id: `turn${turn}`,
    conversation_id: "talk",
    turn_number: turn,
    conversation_metadata: {},
    system_prompt: "Be kind.",
    conversation_history: [],
    current_user_input: `question ${turn}`,
    emotional_context: {},
    target_response: `answer ${turn}`,
    training_metadata: { quality_score: 4, human_reviewed: false },
    ...fields,
  };
}

/** Pairs whose history holds the exchanges before, as it should. */
export function pairs(count: number, fields: Pair = {}): Pair[] {
  return Array.from({ length: count }, (_, index) =>
    pair(index + 1, {
      conversation_history: Array.from({ length: index }, (_, earlier) => [
        { role: "user", content: `question ${earlier + 1}` },
        { role: "assistant", content: `answer ${earlier + 1}` },
      ]).flat(),
      ...fields,
    }));
}

/** An enriched conversation with scaffolding. */
export function enriched(trainingPairs: readonly unknown[], fields: Pair = {}): Pair {
  return {
    dataset_metadata: { created_date: "2025-12-01", vertical: "financial_planning_consultant" },
    consultant_profile: { name: "Elena Morales, CFP", years_experience: 15 },
    input_parameters: {
      persona_key: "pragmatic_optimist",
      persona_name: "Owen Halvorsen",
      emotional_arc_key: "confusion_to_clarity",
      emotional_arc_name: "Confusion → Clarity",
      training_topic_key: "debt_consolidation",
      training_topic_name: "Debt Consolidation",
    },
    training_pairs: trainingPairs,
    ...fields,
  };
}

/** Parses a value, or text, as if it had been downloaded. */
export function parse(source: unknown, id = uuid(1)): ParsedConversation {
  const text = typeof source === "string" ? source : JSON.stringify(source);
  return parseConversation(new TextEncoder().encode(text), { conversationId: id });
}

/** A conversation and its entry. */
export interface Loaded {
  readonly entry: FileEntry;
  readonly conversation: ParsedConversation;
}

/** Parses and takes the snapshot through JSON, as it comes back from a `jsonb` column. */
export function load(source: unknown, number = 1): Loaded {
  const conversation = parse(source, uuid(number));
  const snapshot = JSON.parse(JSON.stringify(takeSnapshot(conversation)));
  return { entry: { conversation_id: uuid(number), snapshot }, conversation };
}

/** Loads several; ids 1, 2, 3 … */
export function loadAll(sources: readonly unknown[]): Loaded[] {
  return sources.map((source, index) => load(source, index + 1));
}
