import { errorAnswer } from "./gateway/error-answer.ts";
import { log } from "./log.ts";

/** Serves on a port of 127.0.0.1; 0 takes a free one. Throws with advice when the port is taken. */
export function listen(
  port: number,
  handler: (request: Request) => Promise<Response>,
): Deno.HttpServer<Deno.NetAddr> {
  try {
    return Deno.serve({
      hostname: "127.0.0.1",
      port,
      onListen: () => undefined,
      onError: (error) => {
        log("gateway", error instanceof Error ? error.stack ?? error.message : String(error));
        return errorAnswer("INTERNAL_ERROR", "Something went wrong on our side");
      },
    }, handler);
  } catch (cause) {
    if (!(cause instanceof Deno.errors.AddrInUse)) throw cause;
    throw new Error(`port ${port} is taken: stop what listens there, or choose another --port`, {
      cause,
    });
  }
}
