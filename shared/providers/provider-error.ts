/** Why a provider did not do what was asked. */
export type ProviderRefusal =
  /** It failed; the same call may pass later. */
  | "transient"
  /** It will never take this input. */
  | "input_rejected"
  /** It will never do this, whatever the input: asking again is pointless. */
  | "permanent"
  /** It takes no more calls for now. */
  | "rate_limited"
  /** It takes no calls with this key, or without more quota. */
  | "unauthorized";

/** What a call was charged for. */
export interface TokenUsage {
  inputTokens: number;
  /** With what the model thought, which is charged alike. */
  outputTokens: number;
}

/** A model provider did not do what was asked. */
export class ProviderError extends Error {
  readonly refusal: ProviderRefusal;
  /** Seconds after which the provider wants to be asked again; null where it does not say. */
  readonly retryAfterSeconds: number | null;
  /** Of an answer that is charged for and cannot be used; null where there is none. */
  readonly usage: TokenUsage | null;

  constructor(
    message: string,
    { refusal = "transient", retryAfterSeconds = null, usage = null, cause }: {
      refusal?: ProviderRefusal;
      retryAfterSeconds?: number | null;
      usage?: TokenUsage | null;
      cause?: unknown;
    } = {},
  ) {
    super(message, { cause });
    this.name = "ProviderError";
    this.refusal = refusal;
    this.retryAfterSeconds = retryAfterSeconds;
    this.usage = usage;
  }
}
