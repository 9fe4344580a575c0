/** The keys of a line, in the order of seed 001. */
const KEYS = [
  "id",
  "conversation_id",
  "turn_number",
  "conversation_metadata",
  "system_prompt",
  "conversation_history",
  "current_user_input",
  "emotional_context",
  "target_response",
  "training_metadata",
] as const;

/**
 * One line of the JSONL, without its line feed: the keys of seed 001 in their order, null where
 * the pair lacks one, then the pair's other keys. `conversation_id` is the conversation's uuid,
 * whatever the pair says; all else is the pair's own.
 */
export function renderPair(conversationId: string, pair: Record<string, unknown>): string {
  const line: Record<string, unknown> = Object.create(null);
  for (const key of KEYS) line[key] = Object.hasOwn(pair, key) ? pair[key] : null;
  for (const key of Object.keys(pair)) line[key] = pair[key];
  line["conversation_id"] = conversationId;
  return JSON.stringify(line);
}
