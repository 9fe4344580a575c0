import { z } from "zod";
import { unzipSync } from "fflate";
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

const Source = z.looseObject({
  training_pairs: z.array(z.looseObject({ id: z.string(), target_response: z.string().nullish() })),
});
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
  const replies = loaded.flatMap(({ entry, replies }) =>
    replies.filter(({ id }) => !excluded.has(`${entry.conversation_id} ${id}`))
      .map(({ text }) => text)
  );
  let lost = 0;
  let files = 0;
  const look = (open: (sink: Sink) => Writer, isZip: boolean) => {
    const chunks: Uint8Array<ArrayBuffer>[] = [];
    const writer = open((chunk) => chunks.push(new Uint8Array(chunk)));
    writer.begin();
    for (const { entry, conversation } of loaded) writer.writeConversation(entry, conversation);
    writer.end();
    const texts = textsOf(concat(chunks), isZip);
    lost += replies.filter((reply) => !texts.has(isZip ? reply.trimEnd() : reply)).length;
    files++;
  };
  const totals = totalsOf(entries);
  const totalPairs = totals.total_training_pairs;
  look((sink) => fullJsonWriter(file, totals, sink), false);
  look((sink) => jsonlWriter(file, { totalPairs, hasMeta: true }, sink), false);
  for (const format of formats) {
    for (const granularity of ["conversation", "pair"] as const) {
      for (const loss of ["all", "last"] as const) {
        const plan = planExport(entries, exportOptions({ format, granularity, loss }));
        const isZip = EXPORT_FORMATS[format].extension === "zip";
        look((sink) => exportWriter(file, plan, sink), isZip);
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
  const names = [...Deno.readDirSync(folder)].map((entry) => entry.name)
    .filter((name) => name.endsWith(".json")).sort();
  for (const name of names) {
    const bytes = await Deno.readFile(new URL(name, folder));
    const id = crypto.randomUUID();
    try {
      const conversation = parseConversation(bytes, { conversationId: id });
      const { training_pairs } = Source.parse(JSON.parse(new TextDecoder().decode(bytes)));
      loaded.push({
        conversation,
        entry: {
          conversation_id: id,
          batch_id: null,
          snapshot: takeSnapshot(conversation),
        },
        replies: training_pairs.flatMap(({ id, target_response: text }) =>
          typeof text === "string" ? [{ id, text }] : []
        ),
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

/** Every string of the data, wherever it stands. */
function textsOf(bytes: Uint8Array, isZip: boolean): Set<string> {
  const texts = new Set<string>();
  const visit = (value: unknown): void => {
    if (typeof value === "string") texts.add(value);
    else if (Array.isArray(value)) value.forEach(visit);
    else if (typeof value === "object" && value !== null) Object.values(value).forEach(visit);
  };
  const data = isZip
    ? Object.entries(unzipSync(bytes)).find(([name]) => name.endsWith(".jsonl"))![1]
    : bytes;
  const text = new TextDecoder().decode(data);
  if (text.startsWith('{"training_file_metadata"')) visit(JSON.parse(text));
  else for (const line of text.trimEnd().split("\n")) visit(JSON.parse(line));
  return texts;
}

function concat(chunks: Uint8Array<ArrayBuffer>[]): Uint8Array {
  const all = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0));
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.byteLength;
  }
  return all;
}
