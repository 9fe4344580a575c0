import { describe, expect, test } from "vitest";
import { createEmbedder } from "../../../shared/providers/create-embedder.ts";
import { embed, startEmbeddingServer } from "../../support/embedding-server.ts";
import { startProviderServer } from "../../support/provider-server.ts";

describe("createEmbedder", () => {
  test("takes OpenAI's small model by default", () => {
    expect(createEmbedder({ OPENAI_API_KEY: "k" }).model).toBe("text-embedding-3-small");
  });

  test("takes the model and server that are named, which need no key", async () => {
    using server = startEmbeddingServer();
    server.answer = embed;
    const embedder = createEmbedder({ EMBEDDING_MODEL: "mine", EMBEDDING_BASE_URL: server.url });

    await embedder.embed(["a"]);

    expect(embedder.model).toBe("mine");
    expect(server.calls).toMatchObject([{ model: "mine", texts: ["a"] }]);
  });

  test("does not mind names without a value", () => {
    const environment = { EMBEDDING_BASE_URL: "", EMBEDDING_MODEL: "", EMBEDDING_PROVIDER: "" };

    expect(createEmbedder({ ...environment, EMBEDDING_API_KEY: "k" }).model)
      .toBe("text-embedding-3-small");
  });

  test.each([
    ["openai", "OPENAI_API_KEY", "text-embedding-3-small"],
    ["voyage", "VOYAGE_API_KEY", "voyage-3.5"],
    ["gemini", "GEMINI_API_KEY", "gemini-embedding-001"],
  ])("takes of %s, with its %s, %s", (provider, key, model) => {
    const environment = { EMBEDDING_PROVIDER: provider, [key]: "k" };

    expect(createEmbedder(environment)).toMatchObject({ provider, model });
    expect(createEmbedder({ ...environment, EMBEDDING_MODEL: "mine" }))
      .toMatchObject({ provider, model: "mine" });
  });

  test.each([
    ["voyage-3-large", "voyage"],
    ["gemini-embedding-001", "gemini"],
    ["text-embedding-3-large", "openai"],
    ["bge-m3", "openai"],
  ])("makes the embedder of %s, which is not the configured model, of %s", (model, provider) => {
    const environment = {
      EMBEDDING_MODEL: "configured",
      EMBEDDING_API_KEY: "k",
      VOYAGE_API_KEY: "k",
      GEMINI_API_KEY: "k",
    };

    expect(createEmbedder(environment, model)).toMatchObject({ provider, model });
    expect(createEmbedder(environment, "configured").provider).toBe("openai");
  });

  test("asks another model where its provider is, with the provider's key", async () => {
    using old = startProviderServer();
    using next = startProviderServer();
    const answer = () => Response.json({ data: [{ index: 0, embedding: [1] }] });
    old.answer = answer;
    next.answer = answer;
    const environment = {
      EMBEDDING_PROVIDER: "voyage",
      EMBEDDING_BASE_URL: `${next.url}/v1/`,
      EMBEDDING_API_KEY: "new-key",
      OPENAI_BASE_URL: old.url,
      OPENAI_API_KEY: "old-key",
    };

    for (const model of ["text-embedding-3-small", "voyage-3.5", "voyage-4"]) {
      await createEmbedder(environment, model).embed(["a"]);
    }

    const said = ({ calls }: typeof old) =>
      calls.map(({ path, headers, body }) => [path, headers.get("authorization"), body.model]);
    expect(said(old)).toEqual([["/embeddings", "Bearer old-key", "text-embedding-3-small"]]);
    expect(said(next)).toEqual([
      ["/v1/embeddings", "Bearer new-key", "voyage-3.5"],
      ["/v1/embeddings", "Bearer new-key", "voyage-4"],
    ]);
  });

  test("keeps models of one provider apart when they are in two places", async () => {
    using old = startProviderServer();
    old.answer = () => Response.json({ data: [{ index: 0, embedding: [1] }] });
    const environment = { OPENAI_BASE_URL: old.url, EMBEDDING_API_KEY: "new-key" };

    await createEmbedder(environment, "self-hosted").embed(["a"]);

    expect(old.calls.map(({ headers }) => headers.get("authorization"))).toEqual(["Bearer none"]);
  });

  test("names the key that a model is without, for good", () => {
    const create = () => createEmbedder({ OPENAI_API_KEY: "sk-1" }, "voyage-3.5");

    expect(create).toThrow(
      "there is no key for the embedding model voyage-3.5: set VOYAGE_API_KEY",
    );
    expect(create).toThrow(expect.objectContaining({ refusal: "permanent" }));
  });

  test.each([
    ["EMBEDDING_API_KEY", {}],
    ["EMBEDDING_API_KEY", { EMBEDDING_PROVIDER: "voyage", OPENAI_API_KEY: "sk-1" }],
    ["EMBEDDING_API_KEY", { EMBEDDING_PROVIDER: "gemini", VOYAGE_API_KEY: "sk-1" }],
    ["EMBEDDING_API_KEY", { EMBEDDING_API_KEY: "", OPENAI_API_KEY: "" }],
    ["EMBEDDING_PROVIDER", { EMBEDDING_PROVIDER: "psychic", OPENAI_API_KEY: "sk-1" }],
    ["EMBEDDING_BASE_URL", { EMBEDDING_BASE_URL: "nowhere", OPENAI_API_KEY: "sk-1" }],
    ["EMBEDDING_BASE_URL", { EMBEDDING_BASE_URL: "file:///etc/passwd", OPENAI_API_KEY: "sk-1" }],
  ])("names %s when that is wrong, and no value", (name, environment: Record<string, string>) => {
    const create = () => createEmbedder(environment);

    expect(create).toThrow(name);
    for (const value of Object.values(environment).filter(Boolean)) {
      expect(create).not.toThrow(value);
    }
  });
});
