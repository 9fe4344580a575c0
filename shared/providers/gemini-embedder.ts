import { z } from "zod";
import { defaultTimeoutMs, type EmbedderOptions } from "./embedder-options.ts";
import { type Embedder, embeddingDimensions } from "./embedder.ts";
import { EmbeddingVector, padVector } from "./embedding-answer.ts";
import { readGoogleError } from "./google-error.ts";
import { postJson } from "./post-json.ts";
import { ProviderError } from "./provider-error.ts";

/** 100 vectors written out in full have about 2 MB. */
const maxAnswerBytes = 8 * 1024 * 1024;

/** The request as a whole has no limit of its own. */
const limits = { texts: 100, tokens: 100 * 2048, tokensOfText: 2048 };

const taskTypes = { document: "RETRIEVAL_DOCUMENT", query: "RETRIEVAL_QUERY" };

const GeminiAnswer = z.object({
  embeddings: z.array(z.object({ values: EmbeddingVector })),
  usageMetadata: z.object({ promptTokenCount: z.int().min(0).nullish() }).nullish(),
});

/**
 * Embeds through the Gemini API.
 * Source: https://ai.google.dev/api/embeddings
 */
export function createGeminiEmbedder(options: EmbedderOptions): Embedder {
  const { model, apiKey, timeoutMs = defaultTimeoutMs } = options;
  const { baseUrl = "https://generativelanguage.googleapis.com/v1beta" } = options;
  return {
    provider: "gemini",
    model,
    limits,
    embed: async (texts, { input = "document", signal } = {}) => {
      const url = `${baseUrl}/models/${encodeURIComponent(model)}:batchEmbedContents`;
      const answer = await postJson(url, {
        headers: { "x-goog-api-key": apiKey },
        body: {
          requests: texts.map((text) => ({
            model: `models/${model}`,
            content: { parts: [{ text }] },
            taskType: taskTypes[input],
            outputDimensionality: embeddingDimensions,
          })),
        },
        timeoutMs,
        signal,
        maxBytes: maxAnswerBytes,
        readError: readGoogleError,
      });
      return readAnswer(answer, texts);
    },
  };
}

function readAnswer(answer: unknown, texts: string[]): { vectors: number[][]; tokens: number } {
  const parsed = GeminiAnswer.safeParse(answer);
  if (!parsed.success) {
    throw new ProviderError("the embedding provider answered with something unreadable", {
      cause: parsed.error,
    });
  }
  const { embeddings, usageMetadata } = parsed.data;
  if (embeddings.length !== texts.length) {
    throw new ProviderError("the embedding provider answered with the wrong number of vectors");
  }
  return {
    vectors: embeddings.map(({ values }) => padVector(normalize(values))),
    tokens: usageMetadata?.promptTokenCount ?? estimateTokens(texts),
  };
}

/** Only Gemini's vectors of full width have length 1. */
function normalize(vector: number[]): number[] {
  const length = Math.hypot(...vector);
  return vector.map((component) => component / length);
}

/**
 * Not every model's answer says what is charged.
 * Source: https://ai.google.dev/gemini-api/docs/tokens, "a token is about 4 characters".
 */
function estimateTokens(texts: string[]): number {
  return texts.reduce((sum, text) => sum + Math.ceil(text.length / 4), 0);
}
