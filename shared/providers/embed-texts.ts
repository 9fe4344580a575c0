import { embedBatch, InputRefusedError } from "./embed-batch.ts";
import type { Embedder, EmbeddingLimits } from "./embedder.ts";

/** A text with about as many tokens as the provider will count. */
export interface CountedText {
  text: string;
  tokenCount: number;
}

/** Of a limit: providers count with tokenizers of their own, and find more than was counted here. */
export const tokenFill = 0.75;

/**
 * The vectors of passages, in as few requests as the provider's limits allow, one after the other.
 * Throws `InputRefusedError` with the index of a text that the provider never takes, and
 * `ProviderError`.
 */
export async function embedTexts(
  embedder: Embedder,
  texts: CountedText[],
  signal: AbortSignal,
): Promise<number[][]> {
  const vectors: number[][] = [];
  for (const batch of splitBatches(texts, embedder.limits)) {
    const start = vectors.length;
    const answer = await embedBatch(embedder, batch, signal).catch((error) => {
      if (!(error instanceof InputRefusedError)) throw error;
      throw new InputRefusedError(start + error.index, { cause: error });
    });
    for (const vector of answer.vectors) vectors.push(vector);
  }
  return vectors;
}

/** Texts in order, cut where a request would be over a limit. A longer text goes alone. */
function splitBatches(texts: CountedText[], limits: EmbeddingLimits): string[][] {
  const batches: string[][] = [];
  let tokens = Infinity;
  for (const { text, tokenCount } of texts) {
    tokens += tokenCount;
    if (tokens > limits.tokens * tokenFill || batches.at(-1)!.length >= limits.texts) {
      batches.push([]);
      tokens = tokenCount;
    }
    batches.at(-1)!.push(text);
  }
  return batches;
}
