import type { Embedder } from "./embedder.ts";
import { ProviderError } from "./provider-error.ts";

/** A provider will never take one of the texts, and which. */
export class InputRefusedError extends Error {
  readonly index: number;

  constructor(index: number, options?: ErrorOptions) {
    super(`the provider refuses text ${index}`, options);
    this.name = "InputRefusedError";
    this.index = index;
  }
}

/**
 * Embeds passages in one request. When the provider refuses it for good, halves are asked for until
 * the text that it does not take is found. Throws `InputRefusedError` with that text's index, and
 * `ProviderError` for all that has to do with no text in particular.
 */
export async function embedBatch(
  embedder: Embedder,
  texts: string[],
  signal: AbortSignal,
): Promise<{ vectors: number[][]; tokens: number }> {
  try {
    return await embedder.embed(texts, { input: "document", signal });
  } catch (error) {
    if (!(error instanceof ProviderError) || error.refusal !== "input_rejected") throw error;
    if (texts.length === 1) throw new InputRefusedError(0, { cause: error });
    const half = Math.ceil(texts.length / 2);
    const first = await embedBatch(embedder, texts.slice(0, half), signal);
    const second = await embedBatch(embedder, texts.slice(half), signal).catch((cause) => {
      if (!(cause instanceof InputRefusedError)) throw cause;
      throw new InputRefusedError(half + cause.index, { cause });
    });
    return {
      vectors: [...first.vectors, ...second.vectors],
      tokens: first.tokens + second.tokens,
    };
  }
}
