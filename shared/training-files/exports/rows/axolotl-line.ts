import type { ChatRow } from "../../normalise/chat-row.ts";
import type { Loss } from "../export-options.ts";

/**
 * A row of the data file of `axolotl` (`type: chat_template`). Spaces at a part's end are cut:
 * they would merge with the template's next token and hide where the part ends. With `loss=last`
 * every message carries `train` (`message_field_training`).
 */
export function axolotlLine({ system, messages }: ChatRow, loss: Loss): unknown {
  const all = [
    ...(system === null ? [] : [{ role: "system", content: system }]),
    ...messages,
  ].map(({ role, content }) => ({ role, content: content.trimEnd() }));
  if (loss === "all") return { messages: all };
  const last = all.length - 1;
  return { messages: all.map((message, index) => ({ ...message, train: index === last })) };
}
