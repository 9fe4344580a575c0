import { joinBytes } from "../../shared/join-bytes.ts";
import { parseConversation } from "../../shared/training-files/conversation/parse-conversation.ts";
import { exportOptions } from "../../shared/training-files/exports/export-options.ts";
import { exportWriter } from "../../shared/training-files/exports/export-writer.ts";
import { EXPORT_FORMATS, type ExportFormat } from "../../shared/training-files/exports/formats.ts";
import { planExport } from "../../shared/training-files/exports/plan-export.ts";
import { fullJsonWriter } from "../../shared/training-files/native/full-json-writer.ts";
import { jsonlWriter } from "../../shared/training-files/native/jsonl-writer.ts";
import { totalsOf } from "../../shared/training-files/native/totals.ts";
import { reportRows } from "../../shared/training-files/report/report-rows.ts";
import type { Sink } from "../../shared/training-files/sinks/sink.ts";
import { takeSnapshot } from "../../shared/training-files/snapshot/take-snapshot.ts";
import { TrainingFileError } from "../../shared/training-files/training-file-error.ts";
import type { Writer } from "../../shared/training-files/writer.ts";
import { type BenchRow, benchRow } from "../bench.ts";
import { countLost, type FileShape } from "./count-lost.ts";
import { readFolder } from "./read-folder.ts";
import { repliesOf } from "./replies-of.ts";

const formats = Object.keys(EXPORT_FORMATS) as ExportFormat[];
const file = { name: "bench", version: 1, created_date: "2025-12-01", last_updated: "2025-12-01" };

/**
 * Counts replies of a folder's conversations that a file lacks and that no row of the report
 * names, over every format, granularity and loss. The replies are read from the sources with
 * `JSON.parse` and looked for in the bytes of the export.
 */
export async function benchLostRows(
  folder: URL,
  name: string,
  say: (text: string) => void,
): Promise<BenchRow> {
  const loaded = await load(folder, say);
  const entries = loaded.map(({ entry }) => entry);
  const excluded = new Set(
    [...reportRows(entries)].filter((row) => row.excluded)
      .map((row) => `${row.conversation_id} ${row.pair_id}`),
  );
  const replies = loaded.flatMap((one) => one.replies)
    .filter(({ conversation_id, pair_id }) => !excluded.has(`${conversation_id} ${pair_id}`));
  let lost = 0;
  let files = 0;
  const look = (open: (sink: Sink) => Writer, shape: FileShape) => {
    const chunks: Uint8Array<ArrayBuffer>[] = [];
    const writer = open((chunk) => chunks.push(new Uint8Array(chunk)));
    writer.begin();
    for (const { entry, conversation } of loaded) writer.writeConversation(entry, conversation);
    writer.end();
    lost += countLost(joinBytes(chunks), replies, shape);
    files++;
  };
  const totals = totalsOf(entries);
  const totalPairs = totals.total_training_pairs;
  look((sink) => fullJsonWriter(file, totals, sink), { isZip: false, isPair: false });
  look((sink) => jsonlWriter(file, { totalPairs, hasMeta: false }, sink), {
    isZip: false,
    isPair: true,
  });
  for (const format of formats) {
    for (const granularity of ["conversation", "pair"] as const) {
      for (const loss of ["all", "last"] as const) {
        const plan = planExport(entries, exportOptions({ format, granularity, loss }));
        const isZip = EXPORT_FORMATS[format].extension === "zip";
        look((sink) => exportWriter(file, plan, sink), { isZip, isPair: granularity === "pair" });
      }
    }
  }
  say(`${loaded.length} conversations, ${replies.length} replies in ${files} files: ${lost} lost`);
  return benchRow({
    scenario: `replies of ${name} lost without a line in the report, ${files} files`,
    unit: "replies",
    ours: lost,
    peer: null,
    peer_name: "",
    bar: { most: 0 },
  });
}

async function load(folder: URL, say: (text: string) => void) {
  const loaded = [];
  for (const { name, id, bytes } of await readFolder(folder)) {
    try {
      const conversation = parseConversation(bytes, { conversationId: id });
      loaded.push({
        conversation,
        entry: {
          conversation_id: id,
          batch_id: null,
          snapshot: takeSnapshot(conversation),
        },
        replies: repliesOf(id, bytes),
      });
    } catch (error) {
      // Refused with a reason is not lost.
      if (!(error instanceof TrainingFileError)) throw error;
      say(`${name} is refused: ${error.message}`);
    }
  }
  if (loaded.length === 0) throw new Error(`${folder.pathname} has no enriched conversation`);
  return loaded;
}
