/** A request that reached the embedding server. */
export interface EmbeddingCall {
  texts: string[];
  model: string;
  /** Ends when the caller hangs up. */
  signal: AbortSignal;
}

/** A provider on the loopback that speaks OpenAI's wire format and does as it is told. */
export interface EmbeddingServer extends AsyncDisposable {
  /** What `EMBEDDING_BASE_URL` is set to. */
  url: string;
  /** Every call so far, oldest first. */
  calls: EmbeddingCall[];
  /** Takes the place of the right answer; the default is `embed`. */
  answer: (call: EmbeddingCall) => Response | Promise<Response>;
}

/** Starts a provider that answers at once and correctly until it is told otherwise. */
export function startEmbeddingServer(): EmbeddingServer {
  const server: EmbeddingServer = {
    url: "",
    calls: [],
    answer: embed,
    [Symbol.asyncDispose]: stop,
  };
  const http = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => undefined },
    async (request) => {
      const { input, model } = await request.json();
      const call = { texts: [input].flat(), model, signal: request.signal };
      server.calls.push(call);
      return await server.answer(call);
    },
  );
  server.url = `http://127.0.0.1:${http.addr.port}/v1`;
  return server;

  async function stop() {
    server.answer = embed;
    await http.shutdown();
  }
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
