/** An answer that begins with a text and goes no further. */
export function stalledAnswer(text: string, init: ResponseInit = {}): Response {
  const start = new TextEncoder().encode(text);
  return new Response(
    new ReadableStream({ start: (controller) => controller.enqueue(start) }),
    init,
  );
}

/** An answer that goes on for as long as somebody reads; `onSend` is told the bytes of each part. */
export function endlessAnswer(onSend: (bytes: number) => void, init: ResponseInit = {}): Response {
  const chunk = new Uint8Array(1024 * 1024).fill(0x20);
  return new Response(
    new ReadableStream({
      pull: (controller) => {
        onSend(chunk.byteLength);
        controller.enqueue(chunk);
      },
    }),
    init,
  );
}
