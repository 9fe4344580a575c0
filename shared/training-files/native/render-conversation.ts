import type { FileEntry } from "../file-entry.ts";
import { qualityTier } from "../snapshot/quality-tier.ts";
import { meanScore } from "../snapshot/score-stats.ts";

/**
 * One element of `conversations` in the full JSON of seed 001, on one line: between head and tail
 * stand the pairs as they came. `batch_id` stands after the seed's keys, and only where one is known.
 */
export function renderConversationFrame(entry: FileEntry): { head: string; tail: string } {
  const { conversation_id: id, batch_id: batchId = null, snapshot } = entry;
  const { scaffolding } = snapshot;
  const metadata = JSON.stringify({
    conversation_id: id,
    source_file: `fp_conversation_${id}.json`,
    created_date: snapshot.created_date,
    total_turns: snapshot.counts.turns,
    quality_tier: qualityTier(meanScore(snapshot.scores)),
    scaffolding: {
      persona_key: scaffolding.persona_key,
      persona_name: scaffolding.persona_name,
      emotional_arc_key: scaffolding.emotional_arc_key,
      emotional_arc: scaffolding.emotional_arc,
      training_topic_key: scaffolding.training_topic_key,
      training_topic: scaffolding.training_topic,
    },
    ...(batchId === null ? {} : { batch_id: batchId }),
  });
  return { head: `{"conversation_metadata":${metadata},"training_pairs":`, tail: "}" };
}
