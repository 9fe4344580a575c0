import { z } from "zod";
import { embeddingDimensions } from "./embedder.ts";
import { ProviderError } from "./provider-error.ts";

/** pgvector's halfvec holds no larger number. */
const maxComponent = 65_504;

/** A vector as it may come: at most `embeddingDimensions` wide, and with a direction to compare. */
export const EmbeddingVector = z.array(z.number().min(-maxComponent).max(maxComponent))
  .max(embeddingDimensions)
  .refine((vector) => vector.some((component) => component !== 0));

const tokenCount = z.int().min(0).nullish();

const EmbeddingAnswer = z.object({
  data: z.array(z.object({ index: z.int().min(0), embedding: EmbeddingVector })),
  // Voyage counts in total_tokens only.
  usage: z.object({ prompt_tokens: tokenCount, total_tokens: tokenCount }).nullish(),
});

/**
 * Reads an answer of OpenAI's or Voyage's embeddings endpoint to `count` texts: their vectors in order, padded
 * to `embeddingDimensions`. Throws `ProviderError` when it is not that.
 */
export function readEmbeddingAnswer(
  answer: unknown,
  count: number,
): { vectors: number[][]; tokens: number } {
  const parsed = EmbeddingAnswer.safeParse(answer);
  if (!parsed.success) {
    throw new ProviderError("the embedding provider answered with something unreadable", {
      cause: parsed.error,
    });
  }
  const { data, usage } = parsed.data;
  const sorted = data.sort((a, b) => a.index - b.index);
  if (sorted.length !== count || sorted.some(({ index }, position) => index !== position)) {
    throw new ProviderError("the embedding provider answered with the wrong number of vectors");
  }
  return {
    vectors: sorted.map(({ embedding }) => padVector(embedding)),
    tokens: usage?.prompt_tokens ?? usage?.total_tokens ?? 0,
  };
}

/** The vector with zeros behind it, up to `embeddingDimensions`. */
export function padVector(vector: number[]): number[] {
  return [...vector, ...Array<number>(embeddingDimensions - vector.length).fill(0)];
}
