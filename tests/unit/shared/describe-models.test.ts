import { describe, expect, test } from "vitest";
import { describeModels } from "../../../shared/providers/describe-models.ts";

const embedding = { EMBEDDING_API_KEY: "sk-secret-embedding" };

describe("what an environment names", () => {
  test("is told with both models, and without a key", () => {
    const models = describeModels({ ...embedding, PASS2_API_KEY: "sk-secret-vision" });

    expect(models).toEqual({
      embedding_model: "text-embedding-3-small",
      vision_model: "gpt-5",
      vision_problem: null,
    });
    expect(JSON.stringify(models)).not.toContain("secret");
  });

  test("lacks a reader where there is no key for one", () => {
    const models = describeModels({ ...embedding, PASS2_PROVIDER: "gemini" });

    expect(models).toMatchObject({
      vision_model: null,
      vision_problem: "PASS2_API_KEY is not set",
    });
  });

  test("names the variable that is wrong", () => {
    const models = describeModels({ ...embedding, PASS2_PROVIDER: "clippy" });

    expect(models.vision_problem).toContain("PASS2_PROVIDER");
    expect(models.vision_problem).not.toContain("clippy");
  });
});
