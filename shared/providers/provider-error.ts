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

/** A model provider did not do what was asked. */
export class ProviderError extends Error {
  readonly refusal: ProviderRefusal;
  /** Seconds after which the provider wants to be asked again; null where it does not say. */
  readonly retryAfterSeconds: number | null;

  constructor(
    message: string,
    { refusal = "transient", retryAfterSeconds = null, cause }: {
      refusal?: ProviderRefusal;
      retryAfterSeconds?: number | null;
      cause?: unknown;
    } = {},
  ) {
    super(message, { cause });
    this.name = "ProviderError";
    this.refusal = refusal;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}
