import { ProviderError, type TokenUsage } from "../providers/provider-error.ts";
import type { VisionReader, VisionRequest } from "../providers/vision-reader.ts";
import type { Lease } from "./lease-keeper.ts";

/**
 * What a vision model answers. Books what that has cost, also an answer that cannot be used. Throws
 * `ProviderError`.
 */
export async function readImage<T>(
  reader: VisionReader,
  request: VisionRequest<T>,
  lease: Lease,
): Promise<T> {
  const book = ({ inputTokens, outputTokens }: TokenUsage) =>
    lease.addUsage({
      provider: reader.provider,
      model: reader.model,
      input_tokens: inputTokens,
      output_tokens: outputTokens,
    });
  const paid = await reader.read(request, { signal: lease.signal }).catch((error) => {
    if (error instanceof ProviderError && error.usage) book(error.usage);
    throw error;
  });
  book(paid);
  return paid.answer;
}
