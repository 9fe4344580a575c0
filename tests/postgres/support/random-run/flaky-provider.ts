const json = { "content-type": "application/json" };

/** A body that begins well and then waits, breaks off, or neither. */
function trickle(answer: Response, end: "slowly" | "never" | "broken"): Response {
  const whole = answer.text();
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
    { headers: answer.headers },
  );
}

/** What a provider does on a bad day, one call in three: each with its share of all calls. */
const moods: [number, (answer: Response) => Response][] = [
  [0.08, () => new Response("busy", { status: 500 })],
  [0.05, () => new Response("no", { status: 503 })],
  [0.05, () => new Response("slower", { status: 429, headers: { "retry-after": "1" } })],
  [0.02, () => new Response("who?", { status: 401 })],
  [0.04, () => new Response("<html>", { headers: { "content-type": "text/html" } })],
  [0.02, () => new Response('{"data":[]}', { headers: json })],
  [0.03, (answer) => trickle(answer, "slowly")],
  [0.03, (answer) => trickle(answer, "never")],
  [0.03, (answer) => trickle(answer, "broken")],
];

/** Answers as such a provider, after a while, and otherwise as it ought to. */
export function flakyAnswer<Call>(
  random: () => number,
  answerWell: (call: Call) => Response,
): (call: Call) => Promise<Response> {
  return async (call) => {
    let dice = random();
    await new Promise((resolve) => setTimeout(resolve, 300 * random()));
    for (const [share, answer] of moods) {
      if (dice < share) return answer(answerWell(call));
      dice -= share;
    }
    return answerWell(call);
  };
}
