import { embed, type EmbeddingCall } from "../../../support/embedding-server.ts";

const json = { "content-type": "application/json" };

/** A body that begins well and then waits, breaks off, or neither. */
function trickle(call: EmbeddingCall, end: "slowly" | "never" | "broken"): Response {
  const whole = embed(call).text();
  return new Response(
    new ReadableStream<Uint8Array>({
      async start(controller) {
        const bytes = new TextEncoder().encode(await whole);
        controller.enqueue(bytes.slice(0, bytes.length / 2));
        await new Promise((resolve) => setTimeout(resolve, 300));
        if (end === "broken") return controller.error(new Error("gone"));
        if (end === "never") return controller.close();
        controller.enqueue(bytes.slice(bytes.length / 2));
        controller.close();
      },
    }),
    { headers: json },
  );
}

/** What a provider does on a bad day, one call in three: each with its share of all calls. */
const moods: [number, (call: EmbeddingCall) => Response][] = [
  [0.08, () => new Response("busy", { status: 500 })],
  [0.05, () => new Response("no", { status: 503 })],
  [0.05, () => new Response("slower", { status: 429, headers: { "retry-after": "1" } })],
  [0.02, () => new Response("who?", { status: 401 })],
  [0.04, () => new Response("<html>", { headers: { "content-type": "text/html" } })],
  [0.02, () => new Response('{"data":[]}', { headers: json })],
  [0.03, (call) => trickle(call, "slowly")],
  [0.03, (call) => trickle(call, "never")],
  [0.03, (call) => trickle(call, "broken")],
];

/** Answers as such a provider, after a while; the right vector depends on nothing but the text. */
export function flakyAnswer(random: () => number): (call: EmbeddingCall) => Promise<Response> {
  return async (call) => {
    let dice = random();
    await new Promise((resolve) => setTimeout(resolve, 300 * random()));
    for (const [share, answer] of moods) {
      if (dice < share) return answer(call);
      dice -= share;
    }
    return embed(call);
  };
}
