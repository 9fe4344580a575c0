import type { TrainingPair } from "../conversation/enriched-conversation.ts";
import { flawOfText } from "../conversation/find-flaws.ts";
import { type Problem, problem } from "../report/problem.ts";
import type { ChatMessage, ChatRow } from "./chat-row.ts";
import { checkTranscript } from "./check-transcript.ts";

/** What a pair comes to: a row for the trainers, or the reason why not. */
export interface NormalisedPair {
  readonly index: number;
  readonly id: string;
  /** History, input and target; null if the pair gives no row. */
  readonly row: ChatRow | null;
  readonly problems: readonly Problem[];
}

type Message = { role: string; content: string };

/**
 * Turns one pair into system prompt, history, input and target.
 *
 * Repairs one thing: a history whose last entry is the input once more (E08), as in every real
 * v4 file. A leading `system` message in the history becomes the system prompt. A pair without
 * a target gives no row and an E07 of level `info`; one with a target whose transcript breaks a
 * rule of `checkTranscript` gives no row and a problem with `excluded: true`.
 */
export function normalisePair(pair: TrainingPair, index: number): NormalisedPair {
  const place = { pair_index: index, pair_id: pair.id };
  const none = (found: Problem): NormalisedPair => ({
    index,
    id: pair.id,
    row: null,
    problems: [found],
  });
  if (pair.target_response === null) {
    const message = "has no target_response: context only, not a training row";
    return none(problem("E07", message, { ...place, level: "info" }));
  }
  const input = pair.current_user_input ?? "";
  const { system, history, problems } = splitSystem(pair, place);
  const isRepeat = repeatsInput(history, input);
  if (isRepeat) {
    const message = "the last entry of conversation_history repeats current_user_input";
    problems.push(problem("E08", message, { ...place, fixed: true }));
  }
  const messages = [
    ...(isRepeat ? history.slice(0, -1) : history),
    { role: "user", content: input },
    { role: "assistant", content: pair.target_response },
  ];
  const fault = checkTranscript(messages) ?? checkSystem(system);
  if (fault) return none(problem(fault.code, fault.message, { ...place, excluded: true }));
  return { index, id: pair.id, row: { system, messages: messages.map(asChat) }, problems };
}

function splitSystem(pair: TrainingPair, place: { pair_index: number; pair_id: string }) {
  const prompt = pair.system_prompt?.trim() ? pair.system_prompt : null;
  const history: Message[] = pair.conversation_history ?? [];
  const first = history[0];
  const problems: Problem[] = [];
  if (first?.role !== "system") return { system: prompt, history, problems };
  const own = first.content.trim() ? first.content : null;
  if (prompt !== null && own !== null && own !== prompt) {
    const message =
      "the history opens with another system prompt than system_prompt, which is used";
    problems.push(problem("W15", message, place));
  }
  return { system: prompt ?? own, history: history.slice(1), problems };
}

function repeatsInput(history: readonly Message[], input: string): boolean {
  const last = history.at(-1);
  return last?.role === "user" && last.content.trim() === input.trim();
}

function checkSystem(system: string | null) {
  const flaw = system === null ? null : flawOfText(system);
  return flaw ? { code: "E01" as const, message: `the system prompt holds a ${flaw}` } : null;
}

function asChat({ role, content }: Message): ChatMessage {
  return { role: role === "assistant" ? "assistant" : "user", content };
}
