import { z } from "zod";
import type { Embedder } from "./embedder.ts";
import { createOpenAiEmbedder } from "./openai-embedder.ts";

const EmbeddingEnv = z.object({
  EMBEDDING_PROVIDER: z.literal("openai").default("openai"),
  EMBEDDING_MODEL: z.string().default("text-embedding-3-small"),
  EMBEDDING_BASE_URL: z.url({ protocol: /^https?$/ }).optional(),
  EMBEDDING_API_KEY: z.string().optional(),
  OPENAI_API_KEY: z.string().optional(),
});

/** The embedder that the environment names. Throws with the name of the variable that is wrong. */
export function createEmbedder(environment: Record<string, string>): Embedder {
  const set = Object.entries(environment).filter(([, value]) => value !== "");
  const env = EmbeddingEnv.parse(Object.fromEntries(set));
  return createOpenAiEmbedder({
    model: env.EMBEDDING_MODEL,
    baseUrl: env.EMBEDDING_BASE_URL,
    apiKey: env.EMBEDDING_API_KEY ?? env.OPENAI_API_KEY ?? "",
  });
}
