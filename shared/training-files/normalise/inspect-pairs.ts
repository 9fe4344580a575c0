import type { ParsedConversation } from "../conversation/parse-conversation.ts";
import { formatPath } from "../conversation/json-path.ts";
import { type Problem, problem } from "../report/problem.ts";
import { findDamage, findPersonalData, type TextSign } from "./inspect-text.ts";

const SPOKEN = new Set(["system_prompt", "current_user_input", "target_response"]);

/**
 * Reads every text of every pair but the history, which only repeats: damage anywhere (W16),
 * personal data in what is spoken (W19). Equal texts are reported where they first appear, and
 * each finding once a pair.
 */
export function inspectPairs(conversation: ParsedConversation): Problem[] {
  const seen = new Set<string>();
  return conversation.pairs.flatMap((pair, index) => {
    const pairId = conversation.data.training_pairs[index]?.id ?? null;
    const found = new Map<string, Problem>();
    for (const [path, text] of textsOf(pair)) {
      if (seen.has(text)) continue;
      seen.add(text);
      for (const sign of signsOf(path, text)) {
        const message = `${formatPath(path)} ${sign.message}`;
        const place = { pair_index: index, pair_id: pairId };
        if (!found.has(sign.message)) {
          found.set(sign.message, problem(sign.code, message, place));
        }
      }
    }
    return [...found.values()];
  });
}

function signsOf(path: readonly PropertyKey[], text: string): TextSign[] {
  const isSpoken = path.length === 1 && SPOKEN.has(String(path[0]));
  return isSpoken ? [...findDamage(text), ...findPersonalData(text)] : findDamage(text);
}

function* textsOf(
  pair: Record<string, unknown>,
): Generator<readonly [readonly PropertyKey[], string]> {
  for (const [key, value] of Object.entries(pair)) {
    if (key !== "conversation_history") yield* leaves(value, [key]);
  }
}

function* leaves(
  value: unknown,
  path: readonly PropertyKey[],
): Generator<readonly [readonly PropertyKey[], string]> {
  if (typeof value === "string") yield [path, value];
  if (typeof value !== "object" || value === null) return;
  for (const [key, item] of Object.entries(value)) {
    yield* leaves(item, [...path, Array.isArray(value) ? Number(key) : key]);
  }
}
