import { type ScriptedServer, startScriptedServer } from "./scripted-server.ts";

/** A request that reached the server, as it was sent. */
export interface ProviderCall {
  path: string;
  headers: Headers;
  body: Record<string, unknown>;
  /** Ends when the caller hangs up. */
  signal: AbortSignal;
}

/** A provider on the loopback that answers as it is told, in whatever format. */
export interface ProviderServer extends ScriptedServer<ProviderCall> {
  url: string;
}

/** Starts a provider that knows nothing until it is given an answer. */
export function startProviderServer(): ProviderServer {
  const server = startScriptedServer<ProviderCall>(async (request) => {
    const { headers, signal } = request;
    return { path: new URL(request.url).pathname, headers, body: await request.json(), signal };
  }, () => new Response(null, { status: 501 }));
  return Object.assign(server, { url: server.origin });
}
