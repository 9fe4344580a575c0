import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { embeddingDimensions } from "../../../shared/providers/embedder.ts";
import { createGeminiEmbedder } from "../../../shared/providers/gemini-embedder.ts";
import { type ProviderServer, startProviderServer } from "../../support/provider-server.ts";

let server: ProviderServer;

beforeAll(() => {
  server = startProviderServer();
});
afterAll(() => server[Symbol.dispose]());
beforeEach(() => {
  server.calls.length = 0;
  server.answer = () => answer([1]);
});

const embedder = () =>
  createGeminiEmbedder({
    model: "gemini-embedding-001",
    baseUrl: `${server.url}/v1beta`,
    apiKey: "k",
  });

function answer(...vectors: number[][]): Response {
  return Response.json({ embeddings: vectors.map((values) => ({ values })) });
}

/** An error as Google's APIs write it. */
function refuse(status: number, name: string, ...details: unknown[]): void {
  server.answer = () =>
    Response.json({ error: { code: status, message: "No", status: name, details } }, { status });
}

const refusal = (...texts: string[]) =>
  embedder().embed(texts).then(() => null, ({ refusal, retryAfterSeconds }) => ({
    refusal,
    retryAfterSeconds,
  }));

const rpc = (name: string, fields: object) => ({
  "@type": `type.googleapis.com/google.rpc.${name}`,
  ...fields,
});

describe("a Gemini embedder", () => {
  test("sends what its documentation asks for, the key in a header", async () => {
    server.answer = () => answer([1], [2]);

    await embedder().embed(["a", "b"], { input: "document" });

    const [{ path, headers, body }] = server.calls as [typeof server.calls[number]];
    expect(path).toBe("/v1beta/models/gemini-embedding-001:batchEmbedContents");
    expect(headers.get("x-goog-api-key")).toBe("k");
    expect(body).toEqual({
      requests: ["a", "b"].map((text) => ({
        model: "models/gemini-embedding-001",
        content: { parts: [{ text }] },
        taskType: "RETRIEVAL_DOCUMENT",
        outputDimensionality: 1024,
      })),
    });
  });

  test("tells questions from passages", async () => {
    await embedder().embed(["a"], { input: "query" });

    expect(server.calls[0]!.body.requests).toMatchObject([{ taskType: "RETRIEVAL_QUERY" }]);
  });

  test("gives vectors that were cut to 1024 numbers their length back", async () => {
    server.answer = () => answer([3, 4], Array(1024).fill(0.5));

    const { vectors } = await embedder().embed(["a", "b"]);

    expect(vectors[0]!.slice(0, 3)).toEqual([0.6, 0.8, 0]);
    for (const vector of vectors) {
      expect(vector).toHaveLength(embeddingDimensions);
      expect(Math.hypot(...vector)).toBeCloseTo(1, 9);
    }
  });

  test("takes the provider's count of tokens, or a fourth of the characters", async () => {
    const counted = { embeddings: [{ values: [1] }], usageMetadata: { promptTokenCount: 5 } };
    server.answer = () => Response.json(counted);
    expect((await embedder().embed(["abcdefghi"])).tokens).toBe(5);

    server.answer = () => answer([1]);
    expect((await embedder().embed(["abcdefghi"])).tokens).toBe(3);
  });

  test("says when the body says it wants to be asked", async () => {
    refuse(
      429,
      "RESOURCE_EXHAUSTED",
      rpc("QuotaFailure", { violations: [{ quotaId: "EmbedContentRequestsPerMinute" }] }),
      rpc("Help", { links: [] }),
      rpc("RetryInfo", { retryDelay: "27.312s" }),
    );

    expect(await refusal("a")).toEqual({ refusal: "rate_limited", retryAfterSeconds: 28 });
  });

  test.each(["", "soon", "-5s", "5", 5, null, { seconds: 5 }, "9".repeat(400) + "s"])(
    "does not take %j for a delay",
    async (retryDelay) => {
      refuse(429, "RESOURCE_EXHAUSTED", rpc("RetryInfo", { retryDelay }), null, "x");

      expect(await refusal("a")).toEqual({ refusal: "rate_limited", retryAfterSeconds: null });
    },
  );

  test("waits at most ten minutes, and at least a second", async () => {
    for (const [retryDelay, retryAfterSeconds] of [["86400s", 600], ["0s", 1]] as const) {
      refuse(429, "RESOURCE_EXHAUSTED", rpc("RetryInfo", { retryDelay }));

      expect(await refusal("a")).toMatchObject({ retryAfterSeconds });
    }
  });

  test("takes a bad key, which is a 400 there, for what it is", async () => {
    refuse(400, "INVALID_ARGUMENT", rpc("ErrorInfo", { reason: "API_KEY_INVALID" }));
    expect(await refusal("a")).toMatchObject({ refusal: "unauthorized" });

    refuse(400, "FAILED_PRECONDITION");
    expect(await refusal("a")).toMatchObject({ refusal: "unauthorized" });

    refuse(400, "INVALID_ARGUMENT", rpc("BadRequest", { fieldViolations: [] }));
    expect(await refusal("a")).toMatchObject({ refusal: "input_rejected" });
  });

  test("takes 100 texts at once", () => {
    expect(embedder()).toMatchObject({
      provider: "gemini",
      limits: { texts: 100, tokensOfText: 2048 },
    });
  });
});
