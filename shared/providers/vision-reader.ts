import type { z } from "zod";

/** One image, and what to do with it. */
export interface VisionRequest<T> {
  instructions: string;
  /** What is known of the image: data, not instructions. */
  context: string;
  /** PNG. */
  image: Uint8Array;
  /** Of the answer. Objects only, every field required: structured output takes no more. */
  schema: z.ZodType<T>;
}

export interface VisionAnswer<T> {
  answer: T;
  inputTokens: number;
  /** With what the model thought, which is charged alike. */
  outputTokens: number;
}

/** Reads images into structured answers. */
export interface VisionReader {
  /** Who is paid for it: with the model, the key of the price table. */
  readonly provider: string;
  readonly model: string;
  /** Throws `ProviderError`; also for an answer that the schema does not take. */
  read<T>(
    request: VisionRequest<T>,
    options?: { signal?: AbortSignal },
  ): Promise<VisionAnswer<T>>;
}
