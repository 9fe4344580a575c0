import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { embeddingDimensions } from "../../../shared/providers/embedder.ts";
import { createOpenAiEmbedder } from "../../../shared/providers/openai-embedder.ts";
import {
  embed,
  type EmbeddingServer,
  startEmbeddingServer,
} from "../../support/embedding-server.ts";
import { providerErrorOf } from "./support/provider-error-of.ts";
import { endlessAnswer, stalledAnswer } from "./support/unending-answers.ts";

const json = { headers: { "content-type": "application/json" } };
let server: EmbeddingServer;

beforeAll(() => {
  server = startEmbeddingServer();
});
afterAll(() => server[Symbol.dispose]());
beforeEach(() => {
  server.answer = embed;
  server.calls.length = 0;
});

function embedder(timeoutMs = 5000) {
  return createOpenAiEmbedder({ model: "m", baseUrl: server.url, apiKey: "k", timeoutMs });
}

/** Answers with these vectors, as they are. */
function answerWith(data: unknown): void {
  server.answer = () => Response.json({ object: "list", data, usage: { prompt_tokens: 3 } });
}

describe("an OpenAI embedder", () => {
  test("sends model, texts and width", async () => {
    await embedder().embed(["a", "b"]);

    expect(server.calls).toMatchObject([{ texts: ["a", "b"], model: "m" }]);
  });

  test("pads shorter vectors with zeros", async () => {
    answerWith([{ index: 0, embedding: [0.5, -0.25] }]);

    const { vectors, tokens } = await embedder().embed(["a"]);

    expect(vectors[0]!.slice(0, 3)).toEqual([0.5, -0.25, 0]);
    expect(vectors[0]).toHaveLength(embeddingDimensions);
    expect(tokens).toBe(3);
  });

  test("takes vectors of the full width, and in base64", async () => {
    const vector = new Float32Array(embeddingDimensions).fill(0.5);
    answerWith([{ index: 0, embedding: new Uint8Array(vector.buffer).toBase64() }]);

    const { vectors } = await embedder().embed(["a"]);

    expect(vectors).toEqual([Array(embeddingDimensions).fill(0.5)]);
  });

  test("puts vectors in the order of their texts", async () => {
    answerWith([2, 0, 1].map((index) => ({ index, embedding: [index + 1] })));

    const { vectors } = await embedder().embed(["a", "b", "c"]);

    expect(vectors.map(([first]) => first)).toEqual([1, 2, 3]);
  });

  test("counts no tokens when the provider does not", async () => {
    for (const usage of [{}, { usage: null }]) {
      server.answer = () => Response.json({ data: [{ index: 0, embedding: [1] }], ...usage });

      expect((await embedder().embed(["a"])).tokens).toBe(0);
    }
  });

  test.each([
    ["no data", { data: undefined }],
    ["data that is no list", { data: {} }],
    ["no vectors", { data: [] }],
    ["a vector too many", { data: [{ index: 0, embedding: [1] }, { index: 1, embedding: [1] }] }],
    ["another index", { data: [{ index: 1, embedding: [1] }] }],
    ["a negative index", { data: [{ index: -1, embedding: [1] }] }],
    ["an index of __proto__", { data: [{ index: "__proto__", embedding: [1] }] }],
    ["an index of a billion", { data: [{ index: 1e9, embedding: [1] }] }],
    ["null for an entry", { data: [null] }],
    ["null for a vector", { data: [{ index: 0, embedding: null }] }],
    ["null for a number", { data: [{ index: 0, embedding: [null] }] }],
    ["a vector of nothing", { data: [{ index: 0, embedding: [] }] }],
    ["a vector of zeros", { data: [{ index: 0, embedding: [0, 0] }] }],
    ["a vector that is too wide", { data: [{ index: 0, embedding: Array(1025).fill(1) }] }],
    ["a number that is too large", { data: [{ index: 0, embedding: [1e6] }] }],
    ["tokens below zero", { data: [{ index: 0, embedding: [1] }], usage: { prompt_tokens: -1 } }],
  ])("refuses %s, as something that may pass", async (_, body) => {
    server.answer = () => Response.json(body);

    const error = await providerErrorOf(embedder().embed(["a"]));

    expect(error).toMatchObject({ refusal: "transient" });
    expect(error.message).toMatch(/^the embedding provider answered with/);
  });

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
    [529, "rate_limited"],
  ])("takes %i for %s", async (status, refusal) => {
    server.answer = () => Response.json({ error: { message: "sk-secret is wrong" } }, { status });

    const error = await providerErrorOf(embedder().embed(["a"]));

    expect(error).toMatchObject({
      refusal,
      retryAfterSeconds: null,
      message: `the embedding provider answered ${status}`,
    });
  });

  test.each([429, 503])(
    "says when a provider that answers %i wants to be asked",
    async (status) => {
      server.answer = () => new Response(null, { status, headers: { "retry-after": "7" } });

      const error = await providerErrorOf(embedder().embed(["a"]));

      expect(error).toMatchObject({ refusal: "rate_limited", retryAfterSeconds: 7 });
    },
  );

  test("stops reading an answer that does not end", async () => {
    let sent = 0;
    server.answer = () => endlessAnswer((bytes) => sent += bytes, json);

    const error = await providerErrorOf(embedder().embed(["a"]));

    expect(error).toMatchObject({ refusal: "transient" });
    expect(sent).toBeLessThan(100 * 1024 * 1024);
  });

  test("asks once, and leaves trying again to the job engine", async () => {
    server.answer = () => new Response(null, { status: 500 });

    await providerErrorOf(embedder().embed(["a"]));

    expect(server.calls).toHaveLength(1);
  });

  test("does not wait longer than it may, for the headers or for the body", async () => {
    const never = new Promise<Response>(() => undefined);
    const dripping = () => stalledAnswer('{"data":[', json);

    for (const answer of [() => never, dripping]) {
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

  test("says when the provider is not there", async () => {
    const nowhere = createOpenAiEmbedder({
      model: "m",
      baseUrl: "http://127.0.0.1:1/v1",
      apiKey: "k",
    });

    const error = await providerErrorOf(nowhere.embed(["a"]));

    expect(error.message).toBe("the embedding provider cannot be reached");
    expect(error.refusal).toBe("transient");
  });
});
