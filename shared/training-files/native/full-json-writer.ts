import { assertPinned } from "../assert-pinned.ts";
import { assertRecount } from "../assert-recount.ts";
import type { FileInfo } from "../file-info.ts";
import type { Sink } from "../sinks/sink.ts";
import { textSink } from "../sinks/text-sink.ts";
import type { Writer } from "../writer.ts";
import { renderConversationFrame } from "./render-conversation.ts";
import { renderHeader } from "./render-header.ts";
import type { RenderedConversation } from "./rendered-conversation.ts";
import type { Totals } from "./totals.ts";

const FOOTER = "\n]}\n";

/**
 * Writes the full training JSON v4.0 (`brightrun-lora-v4`, seed 001): header, one conversation a
 * line, footer.
 */
export function fullJsonWriter(
  file: FileInfo,
  totals: Totals,
  sink: Sink,
): Writer<RenderedConversation> {
  const write = textSink(sink);
  let count = 0;
  let pairs = 0;
  return {
    begin: () => write(renderHeader(file, totals)),
    writeConversation(entry, conversation) {
      assertPinned(entry, conversation);
      const separator = count === 0 ? "\n" : ",\n";
      if ("json" in conversation) {
        write(separator);
        sink(conversation.json);
      } else {
        const { head, tail } = renderConversationFrame(entry);
        write(separator + head + JSON.stringify(conversation.pairs) + tail);
      }
      count++;
      pairs += entry.snapshot.counts.target_pairs;
    },
    end() {
      assertRecount("conversations", totals.conversation_count, count);
      assertRecount("training pairs", totals.total_training_pairs, pairs);
      write(FOOTER);
    },
  };
}

/** The size of the full JSON in bytes, known before the first conversation is read. */
export function fullJsonSize(file: FileInfo, totals: Totals): number {
  const header = new TextEncoder().encode(renderHeader(file, totals)).byteLength;
  const separators = totals.conversation_count === 0 ? 0 : 2 * totals.conversation_count - 1;
  return header + totals.sizes.json + separators + FOOTER.length;
}
