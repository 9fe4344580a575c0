import OpenAI, { APIConnectionError, APIError, APIUserAbortError } from "openai";
import { type Embedder, embeddingDimensions } from "./embedder.ts";
import { ProviderError } from "./provider-error.ts";

/** Where an OpenAI-compatible embeddings endpoint is, and what to ask it for. */
export interface OpenAiEmbedderOptions {
  model: string;
  /** Up to and including `/v1`; OpenAI's own when left out. */
  baseUrl?: string;
  apiKey: string;
  /** Milliseconds that one request may take. */
  timeoutMs?: number;
}

/**
 * Embeds through OpenAI's wire format.
 * Source: https://platform.openai.com/docs/api-reference/embeddings/create
 */
export function createOpenAiEmbedder(options: OpenAiEmbedderOptions): Embedder {
  const client = new OpenAI({
    apiKey: options.apiKey,
    baseURL: options.baseUrl,
    timeout: options.timeoutMs ?? 30_000,
    // The job engine retries, with the provider's limits in view.
    maxRetries: 0,
  });
  return {
    model: options.model,
    embed: async (texts, { signal } = {}) => {
      const answer = await client.embeddings
        .create({ model: options.model, input: texts, dimensions: embeddingDimensions }, { signal })
        .catch((error) => {
          throw toProviderError(error);
        });
      return {
        vectors: readVectors(answer, texts.length),
        tokens: answer.usage?.prompt_tokens ?? 0,
      };
    },
  };
}

function readVectors(answer: OpenAI.CreateEmbeddingResponse, count: number): number[][] {
  const vectors: number[][] = [];
  for (const { index, embedding } of answer.data ?? []) vectors[index] = embedding;
  for (let index = 0; index < count; index++) {
    const vector = vectors[index];
    const isUsable = Array.isArray(vector) && vector.length > 0 &&
      vector.length <= embeddingDimensions && vector.every(Number.isFinite);
    if (!isUsable) {
      throw new ProviderError("the embedding provider answered with a malformed vector");
    }
  }
  if (vectors.length !== count) {
    throw new ProviderError("the embedding provider answered with the wrong number of vectors");
  }
  return vectors.map((vector) => [
    ...vector,
    ...Array<number>(embeddingDimensions - vector.length).fill(0),
  ]);
}

function toProviderError(error: unknown): unknown {
  if (error instanceof APIUserAbortError || error instanceof APIConnectionError) {
    return new ProviderError("the embedding provider cannot be reached", { cause: error });
  }
  if (!(error instanceof APIError)) {
    return new ProviderError("the embedding provider answered with something unreadable", {
      cause: error,
    });
  }
  const status = error.status ?? 500;
  const isTransient = status >= 500 || [401, 402, 403, 408, 409, 429].includes(status);
  return new ProviderError(`the embedding provider answered ${status}`, {
    isPermanent: !isTransient,
    isRateLimit: status === 429,
    cause: error,
  });
}
