import { ProviderError, type TokenUsage } from "./provider-error.ts";

/**
 * Makes of an answer what was asked for. What cannot be used is charged for all the same: the
 * `ProviderError` that is thrown then says how much.
 */
export function readPaid<T>(usage: TokenUsage, read: () => T): { answer: T } & TokenUsage {
  try {
    return { answer: read(), ...usage };
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    const { message, refusal, retryAfterSeconds } = error;
    throw new ProviderError(message, { refusal, retryAfterSeconds, usage, cause: error });
  }
}
