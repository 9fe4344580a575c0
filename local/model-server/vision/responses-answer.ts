import type { ImageAnswer, ReadRequest } from "./responses-request.ts";
import { responsesStream } from "./responses-stream.ts";

/** A patch of OpenAI's vision models, in pixels; and letters of English to a token. */
const [patchSide, lettersPerToken] = [32, 4];

/**
 * A reading as OpenAI's API answers it: a whole Response object, or its stream of events. Usage is an estimate in its measures: a
 * token for each patch of the image, and for four letters of the answer.
 * Source: https://platform.openai.com/docs/api-reference/responses/object.
 */
export function responsesAnswer(
  { model, instructions, format, subject, isStream }: ReadRequest,
  answer: ImageAnswer,
  { width, height }: { width: number; height: number },
): Response {
  const text = format ? JSON.stringify(answer[subject]) : answer.page.markdown;
  const inputTokens = Math.ceil(width / patchSide) * Math.ceil(height / patchSide);
  const outputTokens = Math.ceil(text.length / lettersPerToken);
  const now = Math.floor(Date.now() / 1000);
  const messageId = `msg_${crypto.randomUUID().replaceAll("-", "")}`;
  const response = {
    id: `resp_${crypto.randomUUID().replaceAll("-", "")}`,
    object: "response",
    created_at: now,
    completed_at: now,
    status: "completed",
    error: null,
    incomplete_details: null,
    instructions,
    max_output_tokens: null,
    metadata: {},
    model,
    output: [{
      id: messageId,
      type: "message",
      role: "assistant",
      status: "completed",
      content: [{ type: "output_text", text, annotations: [], logprobs: [] }],
    }],
    parallel_tool_calls: false,
    previous_response_id: null,
    reasoning: { effort: null, summary: null },
    store: false,
    temperature: null,
    text: { format: format ?? { type: "text" } },
    tool_choice: "none",
    tools: [],
    top_p: null,
    truncation: "disabled",
    usage: {
      input_tokens: inputTokens,
      input_tokens_details: { cached_tokens: 0, cache_write_tokens: 0 },
      output_tokens: outputTokens,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: inputTokens + outputTokens,
    },
    user: null,
  };
  return isStream ? responsesStream(response, messageId, text) : Response.json(response);
}
