import { Zip, ZipDeflate } from "fflate/browser";
import type { FileInfo } from "../file-info.ts";
import type { Sink } from "../sinks/sink.ts";
import type { Writer } from "../writer.ts";
import { dataFileName } from "./dataset-name.ts";
import type { ExportPlan } from "./plan-export.ts";
import { rowsWriter } from "./rows-writer.ts";
import { sideFiles } from "./side-files.ts";

/** A zip's earliest date, in local time as zips have it: the same bytes in every time zone. */
const DATE = new Date(1980, 0, 1);

/** Writes an export as a zip: its configuration, then its data file, streamed. */
export function zipWriter(file: FileInfo, plan: ExportPlan, sink: Sink): Writer {
  const zip = new Zip((error, chunk) => {
    if (error) throw error;
    sink(chunk);
  });
  const add = (name: string) => {
    const member = new ZipDeflate(name, { level: 6 });
    member.mtime = DATE;
    zip.add(member);
    return member;
  };
  const part = plan.options.split?.part ?? null;
  let data: ZipDeflate | null = null;
  const rows = rowsWriter(plan, (chunk) => data?.push(chunk));
  return {
    begin() {
      for (const { name, text } of sideFiles(file, plan)) {
        add(name).push(new TextEncoder().encode(text), true);
      }
      data = add(dataFileName(file, part));
      rows.begin();
    },
    writeConversation: (entry, conversation) => rows.writeConversation(entry, conversation),
    end() {
      rows.end();
      data?.push(new Uint8Array(0), true);
      zip.end();
    },
  };
}
