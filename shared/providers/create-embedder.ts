import { z } from "zod";
import { parseEnv } from "../parse-env.ts";
import type { Embedder } from "./embedder.ts";
import { createOpenAiEmbedder } from "./openai-embedder.ts";

const EmbeddingEnv = z.object({
  EMBEDDING_PROVIDER: z.literal("openai").default("openai"),
  EMBEDDING_MODEL: z.string().default("text-embedding-3-small"),
  EMBEDDING_BASE_URL: z.url({ protocol: /^https?$/ }).optional(),
  EMBEDDING_API_KEY: z.string().optional(),
  OPENAI_API_KEY: z.string().optional(),
}).refine((env) => env.EMBEDDING_API_KEY ?? env.OPENAI_API_KEY ?? env.EMBEDDING_BASE_URL, {
  path: ["EMBEDDING_API_KEY"],
  message: "is needed unless EMBEDDING_BASE_URL names a server that asks for none",
});

/** The embedder that the environment names. Throws with the name of the variable that is wrong. */
export function createEmbedder(environment: Record<string, string>): Embedder {
  const env = parseEnv(EmbeddingEnv, environment);
  return createOpenAiEmbedder({
    model: env.EMBEDDING_MODEL,
    baseUrl: env.EMBEDDING_BASE_URL,
    apiKey: env.EMBEDDING_API_KEY ?? env.OPENAI_API_KEY ?? "none",
  });
}
