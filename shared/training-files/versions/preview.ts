import { tokenAnalytics, type TokenSums } from "../analytics/token-analytics.ts";
import type { NearDuplicates } from "../duplicates/group-near-duplicates.ts";
import type { FileEntry } from "../file-entry.ts";
import type { FileInfo } from "../file-info.ts";
import { fullJsonSize } from "../native/full-json-writer.ts";
import { renderMeta } from "../native/jsonl-writer.ts";
import { type Totals, totalsOf } from "../native/totals.ts";
import { type ReportRow, reportRows } from "../report/report-rows.ts";
import { type ReportSummary, summariseReport } from "../report/summarise-report.ts";
import type { FormatPreview } from "./preview-format.ts";

/** Report rows that the preview shows; `summary` counts all. */
const SHOWN = 200;

/** The answer of `POST /training-files/preview`. */
export interface Preview {
  readonly conversation_count: number;
  readonly total_training_pairs: number;
  readonly quality: Pick<
    Totals,
    "avg_quality_score" | "min_quality_score" | "max_quality_score" | "human_reviewed_count"
  >;
  readonly scaffolding_distribution: Totals["scaffolding_distribution"];
  readonly tokens: { readonly conversation: TokenSums; readonly pair: TokenSums };
  /** Exact bytes of the native files. */
  readonly size_bytes: { readonly json: number; readonly jsonl: number };
  readonly summary: ReportSummary;
  readonly problems: readonly ReportRow[];
  readonly near_duplicates: NearDuplicates;
  /** Each requested format, by name. */
  readonly formats: Readonly<Record<string, FormatPreview>>;
}

/** Describes a file that does not exist yet. Throws `CONSULTANT_PROFILE_MISMATCH`. */
export function previewOf(
  file: FileInfo,
  entries: readonly FileEntry[],
  duplicates: NearDuplicates,
  formats: Preview["formats"],
): Preview {
  const totals = totalsOf(entries);
  const report = [...reportRows(entries, { duplicates })];
  const { conversation, pair } = tokenAnalytics(entries);
  const meta = new TextEncoder().encode(renderMeta(file, totals.total_training_pairs));
  return {
    conversation_count: totals.conversation_count,
    total_training_pairs: totals.total_training_pairs,
    quality: {
      avg_quality_score: totals.avg_quality_score,
      min_quality_score: totals.min_quality_score,
      max_quality_score: totals.max_quality_score,
      human_reviewed_count: totals.human_reviewed_count,
    },
    scaffolding_distribution: totals.scaffolding_distribution,
    tokens: { conversation, pair },
    size_bytes: {
      json: fullJsonSize(file, totals),
      jsonl: meta.byteLength + totals.sizes.jsonl,
    },
    summary: summariseReport(report),
    problems: report.slice(0, SHOWN),
    near_duplicates: duplicates,
    formats,
  };
}
