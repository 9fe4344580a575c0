import { PermanentError } from "../permanent-error.ts";
import type { Embedder } from "../providers/embedder.ts";
import type { Embedders } from "../providers/embedders.ts";
import { ProviderError } from "../providers/provider-error.ts";

/**
 * The embedder of the model that an organisation switches to. What it will not do, for want of a key
 * or ever, ends the job with `PermanentError` EMBEDDING_SWITCH_FAILED: it must not hold back all else
 * that shares the lane. Throws that for a model without a key, too.
 */
export function createSwitchEmbedder(embedders: Embedders, model: string): Embedder {
  try {
    const embedder = embedders.of(model);
    return {
      ...embedder,
      embed: async (texts, options) => {
        try {
          return await embedder.embed(texts, options);
        } catch (error) {
          throw toSwitchError(error);
        }
      },
    };
  } catch (error) {
    throw toSwitchError(error);
  }
}

function toSwitchError(error: unknown): unknown {
  return error instanceof ProviderError && ["unauthorized", "permanent"].includes(error.refusal)
    ? new PermanentError("EMBEDDING_SWITCH_FAILED", error.message, { cause: error })
    : error;
}
