import { ApiError } from "../errors.ts";
import type { Embedders } from "../providers/embedders.ts";
import { ProviderError } from "../providers/provider-error.ts";

/** The vector of a question, as `search_knowledge` takes it, and the tokens charged. Throws `ApiError`. */
export async function embedQuery(
  embedders: Embedders,
  model: string,
  query: string,
): Promise<{ embedding: string; tokens: number }> {
  try {
    const { vectors, tokens } = await embedders.of(model).embed([query], { input: "query" });
    return { embedding: JSON.stringify(vectors[0]), tokens };
  } catch (cause) {
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
  }
}
