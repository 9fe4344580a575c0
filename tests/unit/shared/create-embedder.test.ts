import { describe, expect, test } from "vitest";
import { createEmbedder } from "../../../shared/providers/create-embedder.ts";
import { embed, startEmbeddingServer } from "../../support/embedding-server.ts";

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
    ["EMBEDDING_API_KEY", {}],
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
