/** A model provider did not do what was asked. */
export class ProviderError extends Error {
  /** Whether asking again with the same input is pointless. */
  readonly isPermanent: boolean;
  /** Whether the provider asked for fewer calls. */
  readonly isRateLimit: boolean;

  constructor(
    message: string,
    { isPermanent = false, isRateLimit = false, cause }: {
      isPermanent?: boolean;
      isRateLimit?: boolean;
      cause?: unknown;
    } = {},
  ) {
    super(message, { cause });
    this.name = "ProviderError";
    this.isPermanent = isPermanent;
    this.isRateLimit = isRateLimit;
  }
}
