import type { FileInfo } from "../file-info.ts";
import { decimal } from "./decimal.ts";
import type { Totals } from "./totals.ts";

/**
 * All of the full JSON before its first conversation: the keys of seed 001 in their order. What
 * no conversation says (vertical, profile, scores) is null.
 */
export function renderHeader(file: FileInfo, totals: Totals): string {
  const metadata = {
    file_name: file.name,
    version: "4.0.0",
    created_date: file.created_date,
    last_updated: file.last_updated,
    format_spec: "brightrun-lora-v4",
    vertical: totals.vertical,
    total_conversations: totals.conversation_count,
    total_training_pairs: totals.total_training_pairs,
    quality_summary: {
      avg_quality_score: decimal(totals.avg_quality_score),
      min_quality_score: decimal(totals.min_quality_score),
      max_quality_score: decimal(totals.max_quality_score),
      human_reviewed_count: totals.human_reviewed_count,
      human_reviewed_percentage: decimal(totals.human_reviewed_percentage),
    },
    scaffolding_distribution: totals.scaffolding_distribution,
  };
  return `{"training_file_metadata":${JSON.stringify(metadata)},\n` +
    `"consultant_profile":${totals.consultant_profile ?? "null"},\n` +
    `"conversations":[`;
}
