import { strFromU8, unzipSync } from "fflate";
import { z } from "zod";

/** What a downloaded training file was found to be. */
export interface CheckedExport {
  /** Lines of its data file; of the full JSON its conversations. */
  rows: number;
  /** What a trainer would stumble over, one sentence each; none in a good file. */
  problems: string[];
}

type Checker = (row: unknown) => string | null;

const Text = z.string().refine((text) => text.trim() !== "", "is empty");
const Message = z.strictObject({
  role: z.enum(["system", "user", "assistant"]),
  content: Text,
  weight: z.literal([0, 1]).optional(),
  train: z.boolean().optional(),
});
const Messages = z.strictObject({ messages: z.array(Message).min(2) });
const ShareGpt = z.strictObject({
  conversations: z.array(z.strictObject({ from: z.enum(["human", "gpt"]), value: Text })).min(2),
  system: z.string(),
});
const Alpaca = z.strictObject({
  instruction: Text,
  input: z.string(),
  output: Text,
  system: z.string(),
  history: z.array(z.tuple([Text, Text])),
});
const PromptCompletion = z.strictObject({
  prompt: z.array(Message).min(1),
  completion: z.array(Message).length(1),
});
const Pair = z.looseObject({ id: z.string(), conversation_id: z.guid(), target_response: Text });

/** OpenAI's cookbook, and the alternation that Together and every chat template ask for. */
const checkMessages: Checker = (row) => {
  const parsed = Messages.safeParse(row);
  if (!parsed.success) return z.prettifyError(parsed.error);
  return checkTurns(parsed.data.messages.map(({ role }) => role));
};

/** LLaMA-Factory drops, without a word, what has an odd number of turns or a turn out of place. */
const checkShareGpt: Checker = (row) => {
  const parsed = ShareGpt.safeParse(row);
  if (!parsed.success) return z.prettifyError(parsed.error);
  const turns = parsed.data.conversations.map(({ from }) => from);
  if (turns.length % 2 !== 0) return "has an odd number of turns";
  const isOdd = turns.some((from, place) => from !== (place % 2 === 0 ? "human" : "gpt"));
  return isOdd ? "has a turn of the wrong parity" : null;
};

const checkAlpaca: Checker = (row) => {
  const parsed = Alpaca.safeParse(row);
  return parsed.success ? null : z.prettifyError(parsed.error);
};

const checkPromptCompletion: Checker = (row) => {
  const parsed = PromptCompletion.safeParse(row);
  if (!parsed.success) return z.prettifyError(parsed.error);
  const { prompt, completion } = parsed.data;
  return checkTurns([...prompt, ...completion].map(({ role }) => role));
};

const checkPair: Checker = (row) => {
  const parsed = Pair.safeParse(row);
  return parsed.success ? null : z.prettifyError(parsed.error);
};

const checkers: Record<string, Checker> = {
  jsonl: checkPair,
  openai: checkMessages,
  messages: checkMessages,
  sharegpt: checkShareGpt,
  alpaca: checkAlpaca,
  trl: checkPromptCompletion,
  llamafactory: checkShareGpt,
  axolotl: checkMessages,
};

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
  const check = checkers[format]!;
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

function checkTurns(roles: string[]): string | null {
  const turns = roles[0] === "system" ? roles.slice(1) : roles;
  if (turns.at(-1) !== "assistant") return "does not end with the assistant";
  const isOdd = turns.some((role, place) => role !== (place % 2 === 0 ? "user" : "assistant"));
  return isOdd ? "user and assistant do not alternate" : null;
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
