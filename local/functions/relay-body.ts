/** A request's body on its way to another server. */
export interface RelayedBody {
  stream: ReadableStream<Uint8Array<ArrayBuffer>> | null;
  /** Reads no further, once the other side has answered without waiting for the end. */
  stop(): Promise<void>;
}

/**
 * Relays a request's body, read only as fast as the other side takes it. Handed over as it is,
 * Deno 2.9.6 stops serving altogether when the answer comes before the body's end.
 */
export function relayBody(body: ReadableStream<Uint8Array<ArrayBuffer>> | null): RelayedBody {
  if (body === null) return { stream: null, stop: () => Promise.resolve() };
  const reader = body.getReader();
  const stop = () => reader.cancel().catch(() => undefined);
  const stream = new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      const { done, value } = await reader.read();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: stop,
  }, { highWaterMark: 0 });
  return { stream, stop };
}
