/** A server on the loopback that notes what it is asked, and answers as it is told. */
export interface ScriptedServer<Call> extends Disposable {
  /** Without a path. */
  origin: string;
  /** Every call so far, oldest first. */
  calls: Call[];
  answer: (call: Call) => Response | Promise<Response>;
}

/** Starts one that takes a request for the call that `toCall` makes of it. */
export function startScriptedServer<Call>(
  toCall: (request: Request) => Promise<Call>,
  answer: ScriptedServer<Call>["answer"],
): ScriptedServer<Call> {
  const closing = new AbortController();
  const http = Deno.serve(
    { hostname: "127.0.0.1", port: 0, signal: closing.signal, onListen: () => undefined },
    async (request) => {
      const call = await toCall(request);
      server.calls.push(call);
      return await server.answer(call);
    },
  );
  const server: ScriptedServer<Call> = {
    origin: `http://127.0.0.1:${http.addr.port}`,
    calls: [],
    answer,
    // Not waited for: a test may have left an answer that never comes.
    [Symbol.dispose]: () => closing.abort(),
  };
  return server;
}
