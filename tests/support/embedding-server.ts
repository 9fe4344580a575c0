/** A request that reached the embedding server. */
export interface EmbeddingCall {
  texts: string[];
  model: string;
  /** Ends when the caller hangs up. */
  signal: AbortSignal;
}

/** A provider on the loopback that speaks OpenAI's wire format and does as it is told. */
export interface EmbeddingServer extends Disposable {
  /** What `EMBEDDING_BASE_URL` is set to. */
  url: string;
  /** Every call so far, oldest first. */
  calls: EmbeddingCall[];
  /** Takes the place of the right answer; the default is `embed`. */
  answer: (call: EmbeddingCall) => Response | Promise<Response>;
}

/** Starts a provider that answers at once and correctly until it is told otherwise. */
export function startEmbeddingServer(): EmbeddingServer {
  const closing = new AbortController();
  const calls: EmbeddingCall[] = [];
  const http = Deno.serve(
    { hostname: "127.0.0.1", port: 0, signal: closing.signal, onListen: () => undefined },
    async (request) => {
      const { input, model } = await request.json();
      const call = { texts: [input].flat(), model, signal: request.signal };
      calls.push(call);
      return await server.answer(call);
    },
  );
  const server: EmbeddingServer = {
    url: `http://127.0.0.1:${http.addr.port}/v1`,
    calls,
    answer: embed,
    // Not waited for: a test may have left an answer that never comes.
    [Symbol.dispose]: () => closing.abort(),
  };
  return server;
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
