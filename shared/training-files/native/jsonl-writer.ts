import { assertPinned } from "../assert-pinned.ts";
import { assertRecount } from "../assert-recount.ts";
import type { FileInfo } from "../file-info.ts";
import type { Sink } from "../sinks/sink.ts";
import { textSink } from "../sinks/text-sink.ts";
import type { Writer } from "../writer.ts";
import { renderLines } from "./native-texts.ts";
import type { RenderedConversation } from "./rendered-conversation.ts";

export interface JsonlOptions {
  /** Pairs with a target in the whole file. */
  readonly totalPairs: number;
  /** Whether the first line is the `_meta` header of seed 001. */
  readonly hasMeta: boolean;
}

/** Writes the native JSONL: an optional header, then a line for each pair with a target. */
export function jsonlWriter(
  file: FileInfo,
  options: JsonlOptions,
  sink: Sink,
): Writer<RenderedConversation> {
  const write = textSink(sink);
  let pairs = 0;
  return {
    begin() {
      if (options.hasMeta) write(renderMeta(file, options.totalPairs));
    },
    writeConversation(entry, conversation) {
      assertPinned(entry, conversation);
      if ("jsonl" in conversation) {
        if (conversation.targetPairs > 0) sink(conversation.jsonl);
        pairs += conversation.targetPairs;
        return;
      }
      const lines = renderLines(entry.conversation_id, conversation);
      if (lines.length > 0) write(lines.join(""));
      pairs += lines.length;
    },
    end: () => assertRecount("training pairs", options.totalPairs, pairs),
  };
}

/** The header line of seed 001, with its line feed. */
export function renderMeta(file: FileInfo, totalPairs: number): string {
  const meta = { file_name: file.name, total_pairs: totalPairs, version: "4.0.0" };
  return `${JSON.stringify({ _meta: meta })}\n`;
}
