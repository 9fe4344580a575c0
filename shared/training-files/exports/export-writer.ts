import type { FileInfo } from "../file-info.ts";
import type { Sink } from "../sinks/sink.ts";
import type { Writer } from "../writer.ts";
import { EXPORT_FORMATS } from "./formats.ts";
import type { ExportPlan } from "./plan-export.ts";
import { rowsWriter } from "./rows-writer.ts";
import { zipWriter } from "./zip-writer.ts";

/** The writer of a planned export; hand it the conversations of `plan.entries` in order. */
export function exportWriter(file: FileInfo, plan: ExportPlan, sink: Sink): Writer {
  const { extension } = EXPORT_FORMATS[plan.options.format];
  return extension === "zip" ? zipWriter(file, plan, sink) : rowsWriter(plan, sink);
}
