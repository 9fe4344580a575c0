import type { z } from "zod";
import type { TokenUsage } from "./provider-error.ts";

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

export interface VisionAnswer<T> extends TokenUsage {
  answer: T;
}

/** Reads images into structured answers. */
export interface VisionReader {
  /** Who is paid for it: with the model, the key of the price table. */
  readonly provider: string;
  readonly model: string;
  /** Throws `ProviderError`; also for an answer that the schema does not take, with its usage. */
  read<T>(
    request: VisionRequest<T>,
    options?: { signal?: AbortSignal },
  ): Promise<VisionAnswer<T>>;
}
