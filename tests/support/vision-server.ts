import type { Reading } from "../../shared/enrichment/reading.ts";
import { type ScriptedServer, startScriptedServer } from "./scripted-server.ts";

/** What tests look at in a request to OpenAI's Responses API, and in one to Gemini. */
interface VisionBody {
  instructions: string;
  input: [{ content: [{ text: string }, ...object[]] }];
  text: { format: { schema: Record<string, unknown> } };
  contents: object[];
  tools: object[];
  generationConfig: { thinkingConfig: object };
  systemInstruction: { parts: [{ text: string }] };
}

/** A request that reached the vision server; its body has the fields of its provider. */
export interface VisionCall {
  path: string;
  headers: Headers;
  body: VisionBody;
  /** Ends when the caller hangs up. */
  signal: AbortSignal;
}

/** A provider on the loopback that does as it is told. */
export type VisionServer = ScriptedServer<VisionCall>;

/** The environment by which a worker finds it. */
export function visionEnv({ origin }: Pick<VisionServer, "origin">): Record<string, string> {
  return { PASS2_BASE_URL: `${origin}/v1`, PASS2_MODEL: "scripted-vision" };
}

/** Starts a provider that answers in OpenAI's wire format until it is told otherwise. */
export function startVisionServer(): VisionServer {
  return startScriptedServer<VisionCall>(async (request) => {
    const { pathname, search } = new URL(request.url);
    const { headers, signal } = request;
    return { path: pathname + search, headers, body: await request.json(), signal };
  }, () => openAiAnswer(JSON.stringify(aReading)));
}

/** A reading as a model may answer it. */
export const aReading: Reading = {
  description: '# ROOF DRAIN\n\nDrain anchored with four 1/2" bolts.',
  detail_number: "3",
  detail_title: "ROOF DRAIN",
  cross_references: [{ kind: "detail", sheet: "S-501", detail: "3", raw: "SEE 3/S-501" }],
  dimensions: [{ text: "1'-6\"", what: "width of the sump", unit: "ft-in" }],
  spec_callouts: [{ text: "CAST IRON DRAIN, SECTION 22 14 26", section: "22 14 26" }],
  tables: [],
  ambiguities: [],
  embedding_text: "Roof drain detail.",
};

/** Server-sent events, in pieces that end anywhere. */
export function eventStream(events: unknown[], { named = true } = {}): Response {
  const text = events.map((event) => {
    const data = typeof event === "string" ? event : JSON.stringify(event);
    const type = named && typeof event === "object" ? (event as { type?: string })?.type : null;
    return `${type ? `event: ${type}\n` : ""}data: ${data}\n\n`;
  }).join("");
  const bytes = new TextEncoder().encode(text);
  const pieces = Array.from(
    { length: Math.ceil(bytes.length / 1000) },
    (_, index) => bytes.slice(index * 1000, (index + 1) * 1000),
  );
  return new Response(ReadableStream.from(pieces), {
    headers: { "content-type": "text/event-stream" },
  });
}

/** The stream of OpenAI's Responses API for an answer with this text. */
export function openAiAnswer(text: string): Response {
  const item = {
    id: "msg_1",
    type: "message",
    role: "assistant",
    status: "completed",
    content: [{ type: "output_text", text, annotations: [] }],
  };
  const response = { id: "resp_1", object: "response", model: "m", status: "in_progress" };
  return eventStream([
    { type: "response.created", sequence_number: 0, response },
    {
      type: "response.output_text.delta",
      sequence_number: 1,
      item_id: "msg_1",
      output_index: 0,
      content_index: 0,
      delta: text,
    },
    {
      type: "response.completed",
      sequence_number: 2,
      response: {
        ...response,
        status: "completed",
        output: [{ id: "rs_1", type: "reasoning", summary: [] }, item],
        usage: {
          input_tokens: 1200,
          output_tokens: 340,
          total_tokens: 1540,
          output_tokens_details: { reasoning_tokens: 100 },
        },
      },
    },
  ]);
}
