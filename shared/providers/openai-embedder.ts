import OpenAI, { APIConnectionError, APIError, APIUserAbortError } from "openai";
import { type Embedder, embeddingDimensions } from "./embedder.ts";
import { defaultTimeoutMs, type EmbedderOptions } from "./embedder-options.ts";
import { readEmbeddingAnswer } from "./embedding-answer.ts";
import { limitedFetch } from "./limited-fetch.ts";
import { parseRetryAfter } from "./parse-retry-after.ts";
import { ProviderError } from "./provider-error.ts";
import { refusalOfStatus } from "./refusal-of-status.ts";

/** 2048 vectors, the most of one request, written out in full have about 45 MB. */
const maxAnswerBytes = 64 * 1024 * 1024;

/** Of OpenAI's own endpoint; what a compatible server takes less of, it refuses. */
const limits = { texts: 2048, tokens: 300_000, tokensOfText: 8192 };

/**
 * Embeds through OpenAI's wire format, of which the base URL reaches up to and including `/v1`.
 * Source: https://platform.openai.com/docs/api-reference/embeddings/create
 */
export function createOpenAiEmbedder(options: EmbedderOptions): Embedder {
  const { baseUrl = "https://api.openai.com/v1", timeoutMs = defaultTimeoutMs } = options;
  const client = new OpenAI({
    apiKey: options.apiKey,
    baseURL: baseUrl,
    timeout: timeoutMs,
    // The job engine retries, with the provider's limits in view.
    maxRetries: 0,
    fetch: limitedFetch(maxAnswerBytes),
  });
  return {
    provider: "openai",
    model: options.model,
    limits,
    // The endpoint knows no difference between questions and passages.
    embed: async (texts, { signal } = {}) => {
      // The client's own timeout ends with the headers, and a body can drip.
      const timeout = AbortSignal.timeout(timeoutMs);
      const answer = await client.embeddings.create(
        { model: options.model, input: texts, dimensions: embeddingDimensions },
        { signal: signal ? AbortSignal.any([signal, timeout]) : timeout },
      ).catch((error) => {
        throw toProviderError(error);
      });
      return readEmbeddingAnswer(answer, texts.length);
    },
  };
}

function toProviderError(error: unknown): ProviderError {
  if (error instanceof APIUserAbortError || error instanceof APIConnectionError) {
    return new ProviderError("the embedding provider cannot be reached", { cause: error });
  }
  if (!(error instanceof APIError)) {
    return new ProviderError("the embedding provider answered with something unreadable", {
      cause: error,
    });
  }
  const status = error.status ?? 500;
  return new ProviderError(`the embedding provider answered ${status}`, {
    refusal: refusalOfStatus(status, error.headers?.has("retry-after") ?? false),
    retryAfterSeconds: error.headers ? parseRetryAfter(error.headers, new Date()) : null,
    cause: error,
  });
}
