import { assertPinned } from "../assert-pinned.ts";
import { assertRecount } from "../assert-recount.ts";
import { normaliseConversation } from "../normalise/normalise-conversation.ts";
import type { Sink } from "../sinks/sink.ts";
import { textSink } from "../sinks/text-sink.ts";
import type { Writer } from "../writer.ts";
import type { ExportPlan } from "./plan-export.ts";
import { renderRow } from "./render-row.ts";

/** Writes the data file of an export: one row a line, no header. */
export function rowsWriter(plan: ExportPlan, sink: Sink): Writer {
  const { format, granularity, loss, split } = plan.options;
  const write = textSink(sink);
  let written = 0;
  return {
    begin() {},
    writeConversation(entry, conversation) {
      assertPinned(entry, conversation);
      const rows = normaliseConversation(conversation.data).rows[granularity];
      if (rows.length > 0) {
        write(rows.map((row) => `${renderRow(row, format, loss)}\n`).join(""));
      }
      written += rows.length;
    },
    end: () => assertRecount("rows", plan.rows[split?.part ?? "train"], written),
  };
}
