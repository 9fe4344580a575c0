/**
 * Keeps so many bad requests in flight until it is ended: `attack.ts <JSON of the targets>`. Says
 * at its own URL how many were answered.
 */
import { badRequests, type Targets } from "./bad-requests.ts";

const targets: Targets & { attackers: number } = JSON.parse(Deno.args[0]!);
const requests = badRequests(targets);
let answered = 0;

async function attack(first: number): Promise<never> {
  for (let at = first;; at++) {
    const { url, init, status } = requests[at % requests.length]!;
    const response = await fetch(url, init);
    await response.body?.cancel();
    if (response.status !== status) {
      throw new Error(`${init.method ?? "GET"} ${url} got ${response.status}, not ${status}`);
    }
    answered++;
  }
}

const counter = Deno.serve(
  { hostname: "127.0.0.1", port: 0, onListen: () => undefined },
  () => new Response(String(answered)),
);
console.log(JSON.stringify({ url: `http://127.0.0.1:${counter.addr.port}` }));
await Promise.all(Array.from({ length: targets.attackers }, (_, at) => attack(at)));
