import type { ChatRow } from "../../normalise/chat-row.ts";
import type { Loss } from "../export-options.ts";

/**
 * A row of `openai` and `messages`: `{"messages":[{"role","content"}…]}`. With `loss=last` every
 * reply carries `weight`, 0 in the history and 1 at the end (OpenAI, Together, Mistral).
 */
export function chatLine({ system, messages }: ChatRow, loss: Loss): unknown {
  const last = messages.length - 1;
  const turns = messages.map(({ role, content }, index) =>
    loss === "last" && role === "assistant"
      ? { role, content, weight: index === last ? 1 : 0 }
      : { role, content }
  );
  return { messages: system === null ? turns : [{ role: "system", content: system }, ...turns] };
}
