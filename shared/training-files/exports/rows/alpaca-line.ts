import type { ChatRow } from "../../normalise/chat-row.ts";

/**
 * A row of `alpaca`: the last exchange as instruction and output, those before as
 * `history: [[user, assistant]…]`. Only the output is sure to be trained: the format has no
 * mask, and its readers treat the history differently.
 */
export function alpacaLine({ system, messages }: ChatRow): unknown {
  const contents = messages.map(({ content }) => content);
  const history: string[][] = [];
  for (let at = 0; at < contents.length - 2; at += 2) history.push(contents.slice(at, at + 2));
  return {
    instruction: contents.at(-2) ?? "",
    input: "",
    output: contents.at(-1) ?? "",
    system: system ?? "",
    history,
  };
}
