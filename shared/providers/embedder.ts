/** Width of every vector in Maestro; shorter ones are padded with zeros, which keeps the cosine. */
export const embeddingDimensions = 1024;

/** Turns texts into vectors. */
export interface Embedder {
  /** Who is paid for it: with the model, the key of the price table. */
  readonly provider: string;
  /** The model's name, stored with every vector: vectors of two models are never compared. */
  readonly model: string;
  /**
   * One vector of `embeddingDimensions` for each text, in order, and the tokens that were charged.
   * Throws `ProviderError`.
   */
  embed(
    texts: string[],
    options?: { signal?: AbortSignal },
  ): Promise<{ vectors: number[][]; tokens: number }>;
}
