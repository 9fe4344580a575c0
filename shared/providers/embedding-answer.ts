import { z } from "zod";
import { embeddingDimensions } from "./embedder.ts";
import { ProviderError } from "./provider-error.ts";

/** pgvector's halfvec holds no larger number. */
const maxComponent = 65_504;

const EmbeddingAnswer = z.object({
  data: z.array(z.object({
    index: z.int().min(0),
    embedding: z.array(z.number().min(-maxComponent).max(maxComponent)).max(embeddingDimensions)
      // A vector of nothing but zeros has no direction to compare.
      .refine((vector) => vector.some((component) => component !== 0)),
  })),
  usage: z.object({ prompt_tokens: z.int().min(0) }).nullish(),
});

/**
 * Reads an answer of OpenAI's embeddings endpoint to `count` texts: their vectors in order, padded
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
    vectors: sorted.map(({ embedding }) => [
      ...embedding,
      ...Array<number>(embeddingDimensions - embedding.length).fill(0),
    ]),
    tokens: usage?.prompt_tokens ?? 0,
  };
}
