import { cleanReading } from "../enrichment/clean-reading.ts";
import { buildPrompt, type CropContext, promptVersion } from "../enrichment/prompt.ts";
import { Reading } from "../enrichment/reading.ts";
import { toPlainCrop } from "../enrichment/to-plain-crop.ts";
import { ProviderError, type TokenUsage } from "../providers/provider-error.ts";
import type { VisionReader } from "../providers/vision-reader.ts";
import type { Lease } from "./lease-keeper.ts";

/**
 * What a vision model reads of a crop, cleaned, as it is stored. Books what the answer has cost,
 * also one that cannot be used. Throws `CropError` and `ProviderError`.
 */
export async function readCrop(
  image: Uint8Array,
  context: CropContext,
  reader: VisionReader,
  lease: Lease,
) {
  const picture = await toPlainCrop(image);
  const book = ({ inputTokens, outputTokens }: TokenUsage) =>
    lease.addUsage({
      provider: reader.provider,
      model: reader.model,
      input_tokens: inputTokens,
      output_tokens: outputTokens,
    });
  const answer = await reader.read(
    { ...buildPrompt(context), image: picture, schema: Reading },
    { signal: lease.signal },
  ).catch((error) => {
    if (error instanceof ProviderError && error.usage) book(error.usage);
    throw error;
  });
  book(answer);
  const { description, cross_references, ...read } = cleanReading(answer.answer);
  return {
    description,
    cross_references,
    enrichment_metadata: { ...read, model: reader.model, prompt_version: promptVersion },
  };
}
