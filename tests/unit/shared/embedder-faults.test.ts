import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { EmbedderOptions } from "../../../shared/providers/embedder-options.ts";
import type { Embedder } from "../../../shared/providers/embedder.ts";
import { createGeminiEmbedder } from "../../../shared/providers/gemini-embedder.ts";
import { createVoyageEmbedder } from "../../../shared/providers/voyage-embedder.ts";
import { type ProviderServer, startProviderServer } from "../../support/provider-server.ts";
import { providerErrorOf } from "./support/provider-error-of.ts";
import { endlessAnswer, stalledAnswer } from "./support/unending-answers.ts";

interface Provider {
  name: string;
  create: (options: EmbedderOptions) => Embedder;
  /** An answer with these vectors, whatever they are. */
  toAnswer: (vectors: unknown) => unknown;
  toError: (message: string) => unknown;
}

const providers: Provider[] = [
  {
    name: "Voyage",
    create: createVoyageEmbedder,
    toAnswer: (vectors) => ({
      object: "list",
      data: Array.isArray(vectors)
        ? vectors.map((embedding, index) => ({ object: "embedding", index, embedding }))
        : vectors,
      model: "m",
      usage: { total_tokens: 3 },
    }),
    toError: (detail) => ({ detail }),
  },
  {
    name: "Gemini",
    create: createGeminiEmbedder,
    toAnswer: (vectors) => ({
      embeddings: Array.isArray(vectors) ? vectors.map((values) => ({ values })) : vectors,
    }),
    toError: (message) => ({ error: { code: 400, message, status: "INVALID_ARGUMENT" } }),
  },
];

const json = { headers: { "content-type": "application/json" } };
let server: ProviderServer;

beforeAll(() => {
  server = startProviderServer();
});
afterAll(() => server[Symbol.dispose]());
beforeEach(() => {
  server.calls.length = 0;
});

describe.each(providers)("a $name embedder", ({ create, toAnswer, toError }) => {
  const embedder = (timeoutMs = 5000) =>
    create({ model: "m", baseUrl: server.url, apiKey: "sk-secret", timeoutMs });

  test.each<[string, unknown]>([
    ["no vectors at all", undefined],
    ["vectors that are no list", {}],
    ["too few vectors", []],
    ["a vector too many", [[1], [1]]],
    ["null for a vector", [null]],
    ["null for a number", [[null]]],
    ["text for a number", [["1"]]],
    ["a vector of nothing", [[]]],
    ["a vector of zeros", [[0, 0]]],
    ["a vector that is too wide", [Array(1025).fill(1)]],
    ["a number that is too large", [[1e6]]],
  ])("refuses %s, as something that may pass", async (_, vectors) => {
    server.answer = () => Response.json(toAnswer(vectors));

    const error = await providerErrorOf(embedder().embed(["a"]));

    expect(error).toMatchObject({ refusal: "transient" });
    expect(error.message).toMatch(/^the embedding provider answered with/);
  });

  test.each(["", "null", "[]", '"x"', "{", "<html>busy</html>"])(
    "refuses %j, as something that may pass",
    async (text) => {
      server.answer = () => new Response(text);

      expect(await providerErrorOf(embedder().embed(["a"]))).toMatchObject({
        refusal: "transient",
      });
    },
  );

  test.each([
    [400, "input_rejected"],
    [404, "permanent"],
    [413, "input_rejected"],
    [422, "input_rejected"],
    [401, "unauthorized"],
    [402, "unauthorized"],
    [403, "unauthorized"],
    [408, "transient"],
    [409, "transient"],
    [429, "rate_limited"],
    [500, "transient"],
    [503, "transient"],
    [504, "transient"],
    [529, "rate_limited"],
  ])("takes %i for %s, and says nothing of what was written", async (status, refusal) => {
    server.answer = () => Response.json(toError("sk-secret is wrong"), { status });

    const error = await providerErrorOf(embedder().embed(["a"]));

    expect(error).toMatchObject({
      refusal,
      retryAfterSeconds: null,
      message: `the embedding provider answered ${status}`,
    });
    expect(Deno.inspect(error)).not.toContain("sk-secret");
  });

  test.each([429, 503])(
    "says when a provider that answers %i wants to be asked",
    async (status) => {
      server.answer = () => new Response(null, { status, headers: { "retry-after": "7" } });

      const error = await providerErrorOf(embedder().embed(["a"]));

      expect(error).toMatchObject({ refusal: "rate_limited", retryAfterSeconds: 7 });
    },
  );

  test("does not follow to another place, with its key", async () => {
    using elsewhere = startProviderServer();
    server.answer = () => Response.redirect(`${elsewhere.url}/v1/embeddings`, 307);

    expect(await providerErrorOf(embedder().embed(["a"]))).toMatchObject({ refusal: "transient" });
    expect(elsewhere.calls).toEqual([]);
  });

  test("stops reading an answer that does not end, an error's too", async () => {
    for (const status of [200, 500]) {
      let sent = 0;
      server.answer = () => endlessAnswer((bytes) => sent += bytes, { status, ...json });

      const error = await providerErrorOf(embedder(20_000).embed(["a"]));

      expect(error).toMatchObject({ refusal: "transient" });
      expect(sent).toBeLessThan(100 * 1024 * 1024);
    }
  });

  test("asks once, and leaves trying again to the job engine", async () => {
    server.answer = () => new Response(null, { status: 500 });

    await providerErrorOf(embedder().embed(["a"]));

    expect(server.calls).toHaveLength(1);
  });

  test("does not wait longer than it may, for the headers or for the body", async () => {
    const never = new Promise<Response>(() => undefined);
    const dripping = (status: number) => () => stalledAnswer('{"data":[', { status, ...json });

    for (const answer of [() => never, dripping(200), dripping(500)]) {
      server.answer = answer;
      const startedAt = performance.now();
      const error = await providerErrorOf(embedder(200).embed(["a"]));

      expect(error).toMatchObject({ refusal: "transient" });
      expect(performance.now() - startedAt).toBeLessThan(3000);
    }
  });

  test("hangs up when it is told to", async () => {
    const held = Promise.withResolvers<AbortSignal>();
    server.answer = (call) => {
      held.resolve(call.signal);
      return new Promise(() => undefined);
    };
    const controller = new AbortController();

    const work = providerErrorOf(embedder().embed(["a"], { signal: controller.signal }));
    const signal = await held.promise;
    controller.abort();

    expect((await work).refusal).toBe("transient");
    await expect.poll(() => signal.aborted).toBe(true);
  });

  test("says when the provider is not there, without its key", async () => {
    const nowhere = create({ model: "m", baseUrl: "http://127.0.0.1:1", apiKey: "sk-secret" });

    const error = await providerErrorOf(nowhere.embed(["a"]));

    expect(error.message).toBe("the embedding provider cannot be reached");
    expect(error.refusal).toBe("transient");
    expect(Deno.inspect(error)).not.toContain("sk-secret");
  });
});
