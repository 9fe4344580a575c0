import type { ChatRow } from "../../normalise/chat-row.ts";

/**
 * A row of `sharegpt` and of the data file of `llamafactory`: human and gpt in turn, an even
 * number, and the system prompt in a column of its own, "" if there is none. The format has no
 * word for a mask; LLaMA-Factory's is `mask_history` in its YAML.
 */
export function sharegptLine({ system, messages }: ChatRow): unknown {
  const conversations = messages.map(({ role, content }) => ({
    from: role === "user" ? "human" : "gpt",
    value: content,
  }));
  return { conversations, system: system ?? "" };
}
