import { createServer, type IncomingMessage, type ServerResponse } from "node:http";

/** A request as the handler sees it. */
export interface Call {
  method: string;
  path: string;
  body: AsyncIterable<Uint8Array<ArrayBuffer>>;
  /** Aborted when the client goes away before it has its answer. */
  signal: AbortSignal;
}

/** Longer than HTTP clients keep an idle connection, so that they never use one that just closed. */
const KEEP_ALIVE_MS = 120_000;

/**
 * Listens on 127.0.0.1 and resolves to the port; port 0 takes a free one. Rejects when the port is
 * taken. The handler must not throw.
 *
 * On node:http because the `request.signal` of `Deno.serve` (2.9.6) is not aborted when a client
 * goes away after sending more than some hundred bytes, so every batch would be worked to its end.
 */
export function serve(
  handler: (call: Call) => Promise<Response>,
  port: number,
): Promise<{ port: number; close: () => void }> {
  const { promise, resolve, reject } = Promise.withResolvers<Awaited<ReturnType<typeof serve>>>();
  const server = createServer(async (request, response) => {
    await send(response, await handler(toCall(request, response)));
    request.resume(); // an unread rest of the body would stall the connection
  });
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.on("error", reject);
  server.listen(port, "127.0.0.1", () => {
    const address = server.address();
    if (!address || typeof address === "string") return reject(new Error("no port"));
    const close = () => {
      server.close();
      server.closeAllConnections();
    };
    resolve({ port: address.port, close });
  });
  return promise;
}

function toCall(request: IncomingMessage, response: ServerResponse): Call {
  const gone = new AbortController();
  response.on("close", () => {
    if (!response.writableEnded) gone.abort();
  });
  return {
    method: request.method ?? "",
    path: request.url?.split("?")[0] ?? "",
    body: request,
    signal: gone.signal,
  };
}

async function send(response: ServerResponse, answer: Response): Promise<void> {
  const body = new Uint8Array(await answer.arrayBuffer());
  if (response.destroyed) return;
  response.writeHead(answer.status, Object.fromEntries(answer.headers));
  response.end(body);
}
