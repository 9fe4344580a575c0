import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { limitedFetch } from "../../../shared/providers/limited-fetch.ts";

let answer: () => Response;
let sent: number;
let server: Deno.HttpServer<Deno.NetAddr>;

beforeEach(() => {
  sent = 0;
  server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => undefined },
    () => answer(),
  );
});
afterEach(() => server.shutdown());

const get = (maxBytes: number) => limitedFetch(maxBytes)(`http://127.0.0.1:${server.addr.port}/`);

/** An answer that goes on for as long as somebody reads. */
function endless(): Response {
  return new Response(
    new ReadableStream({
      pull(controller) {
        sent += 65_536;
        controller.enqueue(new Uint8Array(65_536));
      },
    }),
  );
}

describe("limitedFetch", () => {
  test("passes an answer of the limit on as it is", async () => {
    answer = () => new Response("12345", { status: 418, headers: { "x-own": "7" } });

    const response = await get(5);

    expect([response.status, response.headers.get("x-own"), await response.text()])
      .toEqual([418, "7", "12345"]);
  });

  test("fails the body that is one byte longer", async () => {
    answer = () => new Response("123456");

    const response = await get(5);

    await expect(response.text()).rejects.toThrow("more than 5 bytes");
  });

  test("breaks an endless answer off instead of reading on", async () => {
    answer = endless;

    const response = await get(1_000_000);
    await expect(response.arrayBuffer()).rejects.toThrow("more than 1000000 bytes");
    const atFailure = sent;
    await new Promise((resolve) => setTimeout(resolve, 100));

    expect(sent - atFailure).toBeLessThan(20_000_000);
  });

  test.each([204, 304])("takes an answer without a body: %i", async (status) => {
    answer = () => new Response(null, { status });

    expect((await get(5)).status).toBe(status);
  });

  test("goes to no other place, whatever the answer says", async () => {
    let visits = 0;
    const elsewhere = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => undefined },
      () => new Response(`${++visits}`),
    );

    for (const status of [301, 302, 303, 307, 308]) {
      answer = () => Response.redirect(`http://127.0.0.1:${elsewhere.addr.port}/`, status);
      await expect(get(5)).rejects.toThrow("redirect");
    }

    expect(visits).toBe(0);
    await elsewhere.shutdown();
  });
});
