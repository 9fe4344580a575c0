/**
 * `fetch` for providers. Takes no answer that is longer than so many bytes: its body fails when it
 * gets there. Fails where an answer points elsewhere: only the headers that everybody knows are left
 * out on the way there, and a provider's own, such as `x-goog-api-key`, would hand the key over.
 */
export function limitedFetch(maxBytes: number): typeof fetch {
  return async (input, init) => {
    const response = await fetch(input, { ...init, redirect: "error" });
    if (response.body === null) return response;
    let bytes = 0;
    const counted = response.body.pipeThrough(
      new TransformStream<Uint8Array, Uint8Array>({
        transform(chunk, controller) {
          bytes += chunk.byteLength;
          if (bytes > maxBytes) throw new Error(`the answer has more than ${maxBytes} bytes`);
          controller.enqueue(chunk);
        },
      }),
    );
    return new Response(counted, response);
  };
}
