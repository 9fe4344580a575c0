/** Width of every vector in Maestro; shorter ones are padded with zeros, which keeps the cosine. */
export const embeddingDimensions = 1024;

/** What the texts are: some models embed a question otherwise than the passage that answers it. */
export type EmbeddingInput = "document" | "query";

/** What one request may hold; tokens in the provider's own count. */
export interface EmbeddingLimits {
  texts: number;
  tokens: number;
  /** In one text. */
  tokensOfText: number;
}

/** Turns texts into vectors. */
export interface Embedder {
  /** Who is paid for it: with the model, the key of the price table. */
  readonly provider: string;
  /** The model's name, stored with every vector: vectors of two models are never compared. */
  readonly model: string;
  readonly limits: EmbeddingLimits;
  /**
   * One vector of `embeddingDimensions` for each text, in order, and the tokens that were charged.
   * The texts are within `limits`, and documents unless `input` says otherwise. Throws `ProviderError`.
   */
  embed(
    texts: string[],
    options?: { input?: EmbeddingInput; signal?: AbortSignal },
  ): Promise<{ vectors: number[][]; tokens: number }>;
}
