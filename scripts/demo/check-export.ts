import { strFromU8, unzipSync } from "fflate";
import { z } from "zod";
import { rowCheckers } from "./row-checkers.ts";

/** What a downloaded training file was found to be. */
export interface CheckedExport {
  /** Lines of its data file; of the full JSON its conversations. */
  rows: number;
  /** What a trainer would stumble over, one sentence each; none in a good file. */
  problems: string[];
}

/** Files of a zip that name its data file. */
const configurations: Record<string, string[]> = {
  llamafactory: ["dataset_info.json", "llamafactory.yaml"],
  axolotl: ["axolotl.yaml"],
};

/** Reads a download as its consumer would, by rules written here and nowhere in the product. */
export function checkExport(format: string, bytes: Uint8Array): CheckedExport {
  const problems: string[] = [];
  if (format === "json") {
    return { rows: checkFullJson(decode(bytes, problems), problems), problems };
  }
  const isZip = configurations[format] !== undefined;
  const text = decode(isZip ? unpack(format, bytes, problems) : bytes, problems);
  if (!text.endsWith("\n") || text.includes("\r")) problems.push("lines do not end with LF alone");
  const rows: unknown[] = text.trimEnd().split("\n").map((line) => JSON.parse(line));
  if (format === "jsonl") checkMeta(rows.shift(), rows.length, problems);
  const check = rowCheckers[format]!;
  rows.forEach((row, index) => {
    const problem = check(row);
    if (problem) problems.push(`row ${index + 1}: ${problem}`);
  });
  // Hugging Face takes the columns of the first rows for those of all.
  if (format !== "jsonl" && new Set(rows.map(typesOf)).size > 1) {
    problems.push("rows differ in columns or types");
  }
  return { rows: rows.length, problems };
}

function decode(bytes: Uint8Array, problems: string[]): string {
  if (bytes[0] === 0xef && bytes[1] === 0xbb) problems.push("starts with a BOM");
  return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
}

function checkFullJson(text: string, problems: string[]): number {
  const Full = z.looseObject({
    training_file_metadata: z.looseObject({
      total_conversations: z.int(),
      total_training_pairs: z.int(),
    }),
    conversations: z.array(z.looseObject({
      training_pairs: z.array(z.looseObject({ target_response: z.string().nullable() })),
    })),
  });
  const { training_file_metadata: declared, conversations } = Full.parse(JSON.parse(text));
  const pairs = conversations.flatMap((one) => one.training_pairs)
    .filter((pair) => pair.target_response !== null).length;
  if (declared.total_training_pairs !== pairs) problems.push("declares other pairs than it has");
  if (declared.total_conversations !== conversations.length) {
    problems.push("declares other conversations than it has");
  }
  return conversations.length;
}

function checkMeta(first: unknown, rows: number, problems: string[]): void {
  const Meta = z.looseObject({ _meta: z.looseObject({ total_pairs: z.int() }) });
  const parsed = Meta.safeParse(first);
  if (!parsed.success) problems.push("has no _meta line");
  else if (parsed.data._meta.total_pairs !== rows) problems.push("_meta counts other pairs");
}

function unpack(format: string, bytes: Uint8Array, problems: string[]): Uint8Array {
  const files = unzipSync(bytes);
  const data = Object.keys(files).find((name) => name.endsWith(".jsonl"));
  if (!data) throw new Error("the zip has no data file");
  for (const name of configurations[format]!) {
    if (!files[name]) problems.push(`the zip has no ${name}`);
    else if (name !== "llamafactory.yaml" && !strFromU8(files[name]).includes(data)) {
      problems.push(`${name} does not name ${data}`);
    }
  }
  return files[data]!;
}

function typesOf(row: unknown): string {
  return Object.entries(z.record(z.string(), z.unknown()).parse(row))
    .map(([key, value]) => `${key}:${value === null ? "null" : typeof value}`).join();
}
