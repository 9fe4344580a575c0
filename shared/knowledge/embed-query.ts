import { ApiError } from "../errors.ts";
import type { Embedder } from "../providers/embedder.ts";
import { ProviderError } from "../providers/provider-error.ts";

/** The vector of a question, as `search_knowledge` takes it, and the tokens charged. Throws `ApiError`. */
export async function embedQuery(
  embedder: Embedder,
  query: string,
): Promise<{ embedding: string; tokens: number }> {
  const { vectors, tokens } = await embedder.embed([query]).catch((cause) => {
    if (!(cause instanceof ProviderError)) throw cause;
    throw cause.refusal === "rate_limited"
      ? new ApiError("PROVIDER_RATE_LIMITED", "The embedding provider is busy", {
        hint: "Try again in a moment",
        cause,
      })
      : new ApiError("PROVIDER_FAILED", "The embedding provider failed", {
        hint: "Try again, or search with mode text",
        cause,
      });
  });
  return { embedding: JSON.stringify(vectors[0]), tokens };
}
