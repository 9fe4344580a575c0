import type { FileInfo } from "../file-info.ts";
import type { Sink } from "../sinks/sink.ts";
import { textSink } from "../sinks/text-sink.ts";
import type { Writer } from "../writer.ts";
import type { ExportPlan } from "./plan-export.ts";
import { sideFiles } from "./side-files.ts";

/** The writer of the text that goes beside a planned export; it needs no conversation. */
export function cardWriter(file: FileInfo, plan: ExportPlan, sink: Sink): Writer {
  const write = textSink(sink);
  return {
    begin() {
      for (const { text } of sideFiles(file, plan)) write(text);
    },
    writeConversation() {},
    end() {},
  };
}
