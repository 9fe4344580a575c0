/** A request that reached the server, as it was sent. */
export interface ProviderCall {
  path: string;
  headers: Headers;
  body: Record<string, unknown>;
  /** Ends when the caller hangs up. */
  signal: AbortSignal;
}

/** A provider on the loopback that answers as it is told, in whatever format. */
export interface ProviderServer extends Disposable {
  url: string;
  /** Every call so far, oldest first. */
  calls: ProviderCall[];
  answer: (call: ProviderCall) => Response | Promise<Response>;
}

/** Starts a provider that knows nothing until it is given an answer. */
export function startProviderServer(): ProviderServer {
  const closing = new AbortController();
  const calls: ProviderCall[] = [];
  const http = Deno.serve(
    { hostname: "127.0.0.1", port: 0, signal: closing.signal, onListen: () => undefined },
    async (request) => {
      const { pathname } = new URL(request.url);
      const { headers, signal } = request;
      const call = { path: pathname, headers, body: await request.json(), signal };
      calls.push(call);
      return await server.answer(call);
    },
  );
  const server: ProviderServer = {
    url: `http://127.0.0.1:${http.addr.port}`,
    calls,
    answer: () => new Response(null, { status: 501 }),
    // Not waited for: a test may have left an answer that never comes.
    [Symbol.dispose]: () => closing.abort(),
  };
  return server;
}
