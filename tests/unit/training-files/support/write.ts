import { joinBytes } from "../../../../shared/join-bytes.ts";
import type { ParsedConversation } from "../../../../shared/training-files/conversation/parse-conversation.ts";
import {
  exportOptions,
  type ExportRequest,
} from "../../../../shared/training-files/exports/export-options.ts";
import { exportWriter } from "../../../../shared/training-files/exports/export-writer.ts";
import { planExport } from "../../../../shared/training-files/exports/plan-export.ts";
import type { FileEntry } from "../../../../shared/training-files/file-entry.ts";
import { fullJsonWriter } from "../../../../shared/training-files/native/full-json-writer.ts";
import { jsonlWriter } from "../../../../shared/training-files/native/jsonl-writer.ts";
import { totalsOf } from "../../../../shared/training-files/native/totals.ts";
import type { Sink } from "../../../../shared/training-files/sinks/sink.ts";
import type { Writer } from "../../../../shared/training-files/writer.ts";
import { FILE, type Loaded } from "./conversations.ts";

/** Runs a writer over conversations and joins its bytes. */
export function collect<Rendered = never>(
  loaded: readonly { entry: FileEntry; conversation: ParsedConversation | Rendered }[],
  open: (sink: Sink) => Writer<Rendered>,
): Uint8Array {
  const chunks: Uint8Array[] = [];
  const writer = open((chunk) => chunks.push(chunk));
  writer.begin();
  for (const { entry, conversation } of loaded) writer.writeConversation(entry, conversation);
  writer.end();
  return joinBytes(chunks);
}

/** The full JSON of these conversations. */
export function writeFullJson(loaded: readonly Loaded[]): Uint8Array {
  const totals = totalsOf(loaded.map(({ entry }) => entry));
  return collect(loaded, (sink) => fullJsonWriter(FILE, totals, sink));
}

/** The native JSONL of these conversations. */
export function writeJsonl(loaded: readonly Loaded[], hasMeta = true): Uint8Array {
  const totalPairs = totalsOf(loaded.map(({ entry }) => entry)).total_training_pairs;
  return collect(loaded, (sink) => jsonlWriter(FILE, { totalPairs, hasMeta }, sink));
}

/** An export of these conversations; of a split only those that belong to it are written. */
export function writeExport(loaded: readonly Loaded[], request: ExportRequest): Uint8Array {
  const plan = planExport(loaded.map(({ entry }) => entry), exportOptions(request));
  const chosen = new Set(plan.entries.map((entry) => entry.conversation_id));
  return collect(
    loaded.filter(({ entry }) => chosen.has(entry.conversation_id)),
    (sink) => exportWriter(FILE, plan, sink),
  );
}

/** The rows of a JSONL file, each parsed. Refuses what no reader of JSONL should have to accept. */
export function rowsOf(bytes: Uint8Array): Record<string, unknown>[] {
  const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  if (text === "") return [];
  if (text.startsWith("\uFEFF")) throw new Error("has a BOM");
  if (text.includes("\r")) throw new Error("has a CR");
  if (!text.endsWith("\n")) throw new Error("has no line feed at the end");
  return text.slice(0, -1).split("\n").map((line) => JSON.parse(line));
}
