/**
 * A response as the stream of events that OpenAI sends for `stream: true`: created, the one item of
 * its output in a single delta, completed. It is sent when it is complete: a reading has no parts.
 * Source: https://platform.openai.com/docs/api-reference/responses-streaming.
 */
export function responsesStream(
  response: Record<string, unknown>,
  id: string,
  text: string,
): Response {
  const part = { type: "output_text", text, annotations: [], logprobs: [] };
  const item = { id, type: "message", role: "assistant", status: "completed", content: [part] };
  const started = {
    ...response,
    status: "in_progress",
    completed_at: null,
    output: [],
    usage: null,
  };
  const place = { item_id: id, output_index: 0, content_index: 0 };
  const events: Record<string, unknown>[] = [
    { type: "response.created", response: started },
    { type: "response.in_progress", response: started },
    {
      type: "response.output_item.added",
      output_index: 0,
      item: { ...item, status: "in_progress", content: [] },
    },
    { type: "response.content_part.added", ...place, part: { ...part, text: "" } },
    { type: "response.output_text.delta", ...place, delta: text, logprobs: [] },
    { type: "response.output_text.done", ...place, text, logprobs: [] },
    { type: "response.content_part.done", ...place, part },
    { type: "response.output_item.done", output_index: 0, item },
    { type: "response.completed", response },
  ];
  const body = events.map((event, sequence_number) =>
    `event: ${event.type}\ndata: ${JSON.stringify({ ...event, sequence_number })}\n\n`
  );
  return new Response(body.join(""), {
    headers: { "content-type": "text/event-stream; charset=utf-8" },
  });
}
