import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { embeddingDimensions } from "../../../shared/providers/embedder.ts";
import { createVoyageEmbedder } from "../../../shared/providers/voyage-embedder.ts";
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

function embedder(model = "voyage-3.5") {
  return createVoyageEmbedder({ model, baseUrl: `${server.url}/v1`, apiKey: "k" });
}

function answer(...vectors: number[][]): Response {
  return Response.json({
    object: "list",
    data: vectors.map((embedding, index) => ({ object: "embedding", index, embedding })).reverse(),
    model: "voyage-3.5",
    usage: { total_tokens: 7 },
  });
}

describe("a Voyage embedder", () => {
  test("sends what its documentation asks for", async () => {
    server.answer = () => answer([1], [2]);

    await embedder().embed(["a", "b"], { input: "document" });

    const [{ path, headers, body }] = server.calls as [typeof server.calls[number]];
    expect(path).toBe("/v1/embeddings");
    expect(headers.get("authorization")).toBe("Bearer k");
    expect(body).toEqual({
      model: "voyage-3.5",
      input: ["a", "b"],
      input_type: "document",
      output_dimension: 1024,
      truncation: false,
    });
  });

  test("tells questions from passages", async () => {
    await embedder().embed(["a"], { input: "query" });
    await embedder().embed(["a"]);

    expect(server.calls.map(({ body }) => body.input_type)).toEqual(["query", "document"]);
  });

  test("returns vectors in the order of their texts, and the tokens", async () => {
    server.answer = () => answer([1, 2], [3]);

    const { vectors, tokens } = await embedder().embed(["a", "b"]);

    expect(vectors.map((vector) => vector.slice(0, 3))).toEqual([[1, 2, 0], [3, 0, 0]]);
    expect(vectors.map(({ length }) => length)).toEqual([embeddingDimensions, embeddingDimensions]);
    expect(tokens).toBe(7);
  });

  test.each([
    ["voyage-4-lite", 1_000_000, 32_000],
    ["voyage-3.5-lite", 1_000_000, 32_000],
    ["voyage-4", 320_000, 32_000],
    ["voyage-3.5", 320_000, 32_000],
    ["voyage-3-large", 120_000, 32_000],
    ["voyage-law-2", 120_000, 4_000],
    ["voyage-5", 120_000, 4_000],
  ])(
    "takes 1,000 texts and for %s %i tokens at once, %i in a text",
    (model, tokens, tokensOfText) => {
      expect(embedder(model)).toMatchObject({
        provider: "voyage",
        model,
        limits: { texts: 1000, tokens, tokensOfText },
      });
    },
  );
});
