import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { embeddingDimensions } from "../../../shared/providers/embedder.ts";
import { createOpenAiEmbedder } from "../../../shared/providers/openai-embedder.ts";
import { ProviderError } from "../../../shared/providers/provider-error.ts";
import {
  embed,
  type EmbeddingServer,
  startEmbeddingServer,
} from "../../support/embedding-server.ts";

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

async function failure(work: Promise<unknown>): Promise<ProviderError> {
  const error = await work.then(() => null, (error) => error);
  if (error instanceof ProviderError) return error;
  throw new Error("not a ProviderError", { cause: error });
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

    const error = await failure(embedder().embed(["a"]));

    expect(error).toMatchObject({ isPermanent: false, isRateLimit: false });
    expect(error.message).toMatch(/^the embedding provider answered with/);
  });

  test.each([
    [400, true, false],
    [404, true, false],
    [413, true, false],
    [422, true, false],
    [401, false, false],
    [402, false, false],
    [403, false, false],
    [408, false, false],
    [409, false, false],
    [429, false, true],
    [500, false, false],
    [503, false, false],
    [529, false, false],
  ])(
    "tells of %i whether it is permanent (%s) or a limit (%s)",
    async (status, permanent, limit) => {
      server.answer = () => Response.json({ error: { message: "sk-secret is wrong" } }, { status });

      const error = await failure(embedder().embed(["a"]));

      expect(error).toMatchObject({
        isPermanent: permanent,
        isRateLimit: limit,
        message: `the embedding provider answered ${status}`,
      });
    },
  );

  test("asks once, and leaves trying again to the job engine", async () => {
    server.answer = () => new Response(null, { status: 500 });

    await failure(embedder().embed(["a"]));

    expect(server.calls).toHaveLength(1);
  });

  test("does not wait longer than it may, for the headers or for the body", async () => {
    const never = new Promise<Response>(() => undefined);
    const dripping = () =>
      new Response(
        new ReadableStream({
          start: (controller) => controller.enqueue(new TextEncoder().encode('{"data":[')),
        }),
        { headers: { "content-type": "application/json" } },
      );

    for (const answer of [() => never, dripping]) {
      server.answer = answer;
      const startedAt = performance.now();
      const error = await failure(embedder(200).embed(["a"]));

      expect(error).toMatchObject({ isPermanent: false });
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

    const work = failure(embedder().embed(["a"], { signal: controller.signal }));
    const signal = await held.promise;
    controller.abort();

    expect((await work).isPermanent).toBe(false);
    await expect.poll(() => signal.aborted).toBe(true);
  });

  test("says when the provider is not there", async () => {
    const nowhere = createOpenAiEmbedder({
      model: "m",
      baseUrl: "http://127.0.0.1:1/v1",
      apiKey: "k",
    });

    const error = await failure(nowhere.embed(["a"]));

    expect(error.message).toBe("the embedding provider cannot be reached");
    expect(error.isPermanent).toBe(false);
  });
});
