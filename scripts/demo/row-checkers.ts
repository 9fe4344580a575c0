import { z } from "zod";

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

/** Says of a row of a format what its trainer would stumble over; null of a good one. */
export const rowCheckers: Record<string, Checker> = {
  jsonl: checkPair,
  openai: checkMessages,
  messages: checkMessages,
  sharegpt: checkShareGpt,
  alpaca: checkAlpaca,
  trl: checkPromptCompletion,
  llamafactory: checkShareGpt,
  axolotl: checkMessages,
};

function checkTurns(roles: string[]): string | null {
  const turns = roles[0] === "system" ? roles.slice(1) : roles;
  if (turns.at(-1) !== "assistant") return "does not end with the assistant";
  const isOdd = turns.some((role, place) => role !== (place % 2 === 0 ? "user" : "assistant"));
  return isOdd ? "user and assistant do not alternate" : null;
}
