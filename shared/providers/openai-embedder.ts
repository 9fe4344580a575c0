import OpenAI, { APIConnectionError, APIError, APIUserAbortError } from "openai";
import { type Embedder, embeddingDimensions } from "./embedder.ts";
import { readEmbeddingAnswer } from "./embedding-answer.ts";
import { limitedFetch } from "./limited-fetch.ts";
import { parseRetryAfter } from "./parse-retry-after.ts";
import { ProviderError, type ProviderRefusal } from "./provider-error.ts";

/** 2048 vectors, the most of one request, written out in full have about 45 MB. */
const maxAnswerBytes = 64 * 1024 * 1024;

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
  const { timeoutMs = 30_000 } = options;
  const client = new OpenAI({
    apiKey: options.apiKey,
    baseURL: options.baseUrl,
    timeout: timeoutMs,
    // The job engine retries, with the provider's limits in view.
    maxRetries: 0,
    fetch: limitedFetch(maxAnswerBytes),
  });
  return {
    provider: "openai",
    model: options.model,
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
    refusal: refusalOf(status, error.headers),
    retryAfterSeconds: error.headers ? parseRetryAfter(error.headers, new Date()) : null,
    cause: error,
  });
}

function refusalOf(status: number, headers: Headers | undefined): ProviderRefusal {
  if ([401, 402, 403].includes(status)) return "unauthorized";
  // 529 is "overloaded"; a 503 that says when to come back means the same.
  if ([429, 529].includes(status) || (status === 503 && headers?.has("retry-after"))) {
    return "rate_limited";
  }
  if ([400, 413, 422].includes(status)) return "input_rejected";
  return status >= 500 || [408, 409].includes(status) ? "transient" : "permanent";
}
