import { z } from "zod";
import { parseEnv } from "../parse-env.ts";
import type { Embedder } from "./embedder.ts";
import { createGeminiEmbedder } from "./gemini-embedder.ts";
import { createOpenAiEmbedder } from "./openai-embedder.ts";
import { ProviderError } from "./provider-error.ts";
import { createVoyageEmbedder } from "./voyage-embedder.ts";

const providers = {
  openai: {
    model: "text-embedding-3-small",
    create: createOpenAiEmbedder,
    key: "OPENAI_API_KEY",
    url: "OPENAI_BASE_URL",
  },
  voyage: {
    model: "voyage-3.5",
    create: createVoyageEmbedder,
    key: "VOYAGE_API_KEY",
    url: "VOYAGE_BASE_URL",
  },
  gemini: {
    model: "gemini-embedding-001",
    create: createGeminiEmbedder,
    key: "GEMINI_API_KEY",
    url: "GEMINI_BASE_URL",
  },
} as const;

type Provider = keyof typeof providers;

const url = z.url({ protocol: /^https?$/ }).transform((text) => text.replace(/\/+$/, ""))
  .optional();
const key = z.string().optional();

const EmbeddingEnv = z.object({
  EMBEDDING_PROVIDER: z.enum(["openai", "voyage", "gemini"]).default("openai"),
  EMBEDDING_MODEL: z.string().optional(),
  EMBEDDING_BASE_URL: url,
  EMBEDDING_API_KEY: key,
  OPENAI_API_KEY: key,
  OPENAI_BASE_URL: url,
  VOYAGE_API_KEY: key,
  VOYAGE_BASE_URL: url,
  GEMINI_API_KEY: key,
  GEMINI_BASE_URL: url,
}).refine(
  (env) =>
    env.EMBEDDING_API_KEY ?? env[providers[env.EMBEDDING_PROVIDER].key] ?? env.EMBEDDING_BASE_URL,
  {
    path: ["EMBEDDING_API_KEY"],
    message: "is needed unless EMBEDDING_BASE_URL names a server that asks for none",
  },
);
type EmbeddingEnv = z.output<typeof EmbeddingEnv>;

/**
 * The embedder of the model that the environment names, or of another one: an organisation keeps
 * its model until it is switched. Throws with the name of the variable that is wrong; a `ProviderError`
 * when there is no key for the other model.
 */
export function createEmbedder(environment: Record<string, string>, model?: string): Embedder {
  const env = parseEnv(EmbeddingEnv, environment);
  const configured = env.EMBEDDING_MODEL ?? providers[env.EMBEDDING_PROVIDER].model;
  const asked = model ?? configured;
  const isConfigured = asked === configured;
  const provider = isConfigured ? env.EMBEDDING_PROVIDER : providerOf(asked);
  const { baseUrl, apiKey } = isConfigured ? configuredAddress(env) : otherAddress(env, provider);
  if (apiKey === undefined && baseUrl === undefined) {
    throw new ProviderError(
      `there is no key for the embedding model ${asked}: set ${providers[provider].key}`,
      { refusal: "permanent" },
    );
  }
  return providers[provider].create({ model: asked, baseUrl, apiKey: apiKey ?? "none" });
}

function providerOf(model: string): Provider {
  if (model.startsWith("voyage-")) return "voyage";
  return model.startsWith("gemini-embedding-") ? "gemini" : "openai";
}

function configuredAddress(env: EmbeddingEnv) {
  return {
    baseUrl: env.EMBEDDING_BASE_URL,
    apiKey: env.EMBEDDING_API_KEY ?? env[providers[env.EMBEDDING_PROVIDER].key],
  };
}

/** Of a model beside the configured one: at the same place, unless its provider has a place of its own. */
function otherAddress(env: EmbeddingEnv, provider: Provider) {
  const own = { baseUrl: env[providers[provider].url], apiKey: env[providers[provider].key] };
  return provider !== env.EMBEDDING_PROVIDER || own.baseUrl !== undefined
    ? own
    : configuredAddress(env);
}
