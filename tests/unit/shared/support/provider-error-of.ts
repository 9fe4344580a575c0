import { ProviderError } from "../../../../shared/providers/provider-error.ts";

/** The error that a provider's adapter fails with. Throws when it does not fail, or with another. */
export async function providerErrorOf(work: Promise<unknown>): Promise<ProviderError> {
  const error = await work.then(() => null, (error) => error);
  if (error instanceof ProviderError) return error;
  throw new Error("not a ProviderError", { cause: error });
}
