import { type ScriptedServer, startScriptedServer } from "./scripted-server.ts";

/** A request that reached the embedding server. */
export interface EmbeddingCall {
  texts: string[];
  model: string;
  /** Ends when the caller hangs up. */
  signal: AbortSignal;
}

/** A provider on the loopback that speaks OpenAI's wire format and does as it is told. */
export interface EmbeddingServer extends ScriptedServer<EmbeddingCall> {
  /** What `EMBEDDING_BASE_URL` is set to. */
  url: string;
}

/** Starts a provider that answers at once and correctly, by `embed`, until it is told otherwise. */
export function startEmbeddingServer(): EmbeddingServer {
  const server = startScriptedServer<EmbeddingCall>(async (request) => {
    const { input, model } = await request.json();
    return { texts: [input].flat(), model, signal: request.signal };
  }, embed);
  return Object.assign(server, { url: `${server.origin}/v1` });
}

/** The right answer: for each text a vector that depends on nothing but the text. */
export function embed({ texts, model }: EmbeddingCall): Response {
  return Response.json({
    object: "list",
    model,
    data: texts.map((text, index) => ({ object: "embedding", index, embedding: vectorOf(text) })),
    usage: { prompt_tokens: texts.length, total_tokens: texts.length },
  });
}

/** Eight numbers that tell texts apart. */
export function vectorOf(text: string): number[] {
  const vector = Array<number>(8).fill(0.01);
  for (let at = 0; at < text.length; at++) vector[at % 8]! += text.charCodeAt(at) / 1000;
  return vector;
}
