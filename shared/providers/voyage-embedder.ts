import { defaultTimeoutMs, type EmbedderOptions } from "./embedder-options.ts";
import { type Embedder, embeddingDimensions } from "./embedder.ts";
import { readEmbeddingAnswer } from "./embedding-answer.ts";
import { postJson } from "./post-json.ts";

/** 1,000 vectors written out in full have about 22 MB. */
const maxAnswerBytes = 32 * 1024 * 1024;

/**
 * Embeds through Voyage AI. A text that is longer than the model's context is refused rather than
 * embedded in part.
 * Source: https://docs.voyageai.com/reference/embeddings-api
 */
export function createVoyageEmbedder(options: EmbedderOptions): Embedder {
  const { model, apiKey, timeoutMs = defaultTimeoutMs } = options;
  const { baseUrl = "https://api.voyageai.com/v1" } = options;
  return {
    provider: "voyage",
    model,
    limits: { texts: 1000, tokens: maxTokensOf(model), tokensOfText: maxTokensOfText(model) },
    embed: async (texts, { input = "document", signal } = {}) => {
      const answer = await postJson(`${baseUrl}/embeddings`, {
        headers: { authorization: `Bearer ${apiKey}` },
        body: {
          model,
          input: texts,
          input_type: input,
          output_dimension: embeddingDimensions,
          truncation: false,
        },
        timeoutMs,
        signal,
        maxBytes: maxAnswerBytes,
      });
      return readEmbeddingAnswer(answer, texts.length);
    },
  };
}

/** Tokens in one request: the least of the limits for a model that is not listed. */
function maxTokensOf(model: string): number {
  if (/^voyage-(4|3\.5)-lite$/.test(model)) return 1_000_000;
  return /^voyage-(4|3\.5|2)$/.test(model) ? 320_000 : 120_000;
}

/** The least of the limits, which the oldest have, for a model that is not listed. */
function maxTokensOfText(model: string): number {
  return /^voyage-(4|3|code-3|finance-2|multilingual-2)/.test(model) ? 32_000 : 4_000;
}
