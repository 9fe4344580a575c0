import type { ChatRow } from "../../normalise/chat-row.ts";

/**
 * A row of `trl`: conversational prompt and completion. The completion is the last reply and
 * alone is trained (`completion_only_loss`), which is the mask of this format.
 */
export function trlLine({ system, messages }: ChatRow): unknown {
  const prompt = messages.slice(0, -1).map(({ role, content }) => ({ role, content }));
  return {
    prompt: system === null ? prompt : [{ role: "system", content: system }, ...prompt],
    completion: messages.slice(-1).map(({ role, content }) => ({ role, content })),
  };
}
