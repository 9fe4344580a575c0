import type { ParsedConversation } from "../conversation/parse-conversation.ts";
import { exportOptions } from "../exports/export-options.ts";
import { exportWarnings } from "../exports/export-warnings.ts";
import type { ExportFormat } from "../exports/formats.ts";
import { planExport } from "../exports/plan-export.ts";
import { rowsWriter } from "../exports/rows-writer.ts";
import type { FileEntry } from "../file-entry.ts";
import type { FileInfo } from "../file-info.ts";
import { fullJsonWriter } from "../native/full-json-writer.ts";
import { jsonlWriter } from "../native/jsonl-writer.ts";
import { totalsOf } from "../native/totals.ts";
import type { Sink } from "../sinks/sink.ts";
import type { Writer } from "../writer.ts";

/** Every format of a download. */
export type DownloadFormat = "json" | "jsonl" | ExportFormat;

/** An entry with its conversation, in memory. */
export interface LoadedEntry {
  readonly entry: FileEntry;
  readonly conversation: ParsedConversation;
}

/** What a format would be, with its default options. */
export interface FormatPreview {
  /** Conversations of `json`, pairs of `jsonl`, lines of the data file of the others. */
  readonly rows: number;
  readonly warnings: readonly string[];
  /** Whole lines; of a zip those of its data file. */
  readonly first_lines: readonly string[];
}

/**
 * Shows a format before anything is built. `loaded` are the first conversations of the file,
 * enough for `count` lines, and `entries` all of them.
 */
export function previewFormat(
  format: DownloadFormat,
  file: FileInfo,
  entries: readonly FileEntry[],
  loaded: readonly LoadedEntry[],
  count = 3,
): FormatPreview {
  const chunks: Uint8Array[] = [];
  const { writer, rows, warnings } = open(format, file, entries, (chunk) => chunks.push(chunk));
  writer.begin();
  for (const { entry, conversation } of loaded) writer.writeConversation(entry, conversation);
  const decoder = new TextDecoder();
  const text = chunks.map((chunk) => decoder.decode(chunk, { stream: true })).join("");
  return { rows, warnings, first_lines: text.split("\n").slice(0, count).filter((line) => line) };
}

function open(
  format: DownloadFormat,
  file: FileInfo,
  entries: readonly FileEntry[],
  sink: Sink,
): { writer: Writer; rows: number; warnings: string[] } {
  if (format !== "json" && format !== "jsonl") {
    const plan = planExport(entries, exportOptions({ format }));
    return {
      writer: rowsWriter(plan, sink),
      rows: plan.rows.train,
      warnings: exportWarnings(plan),
    };
  }
  const totals = totalsOf(entries);
  if (format === "json") {
    const writer = fullJsonWriter(file, totals, sink);
    return { writer, rows: totals.conversation_count, warnings: [] };
  }
  const totalPairs = totals.total_training_pairs;
  const writer = jsonlWriter(file, { totalPairs, hasMeta: true }, sink);
  return { writer, rows: totalPairs, warnings: [] };
}
