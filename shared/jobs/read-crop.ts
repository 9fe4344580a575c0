import { cleanReading } from "../enrichment/clean-reading.ts";
import { buildPrompt, type CropContext, promptVersion } from "../enrichment/prompt.ts";
import { Reading } from "../enrichment/reading.ts";
import { toPlainCrop } from "../enrichment/to-plain-crop.ts";
import type { VisionReader } from "../providers/vision-reader.ts";
import type { Lease } from "./lease-keeper.ts";
import { readImage } from "./read-image.ts";

/**
 * What a vision model reads of a crop, cleaned, as it is stored. Throws `CropError` and
 * `ProviderError`.
 */
export async function readCrop(
  image: Uint8Array,
  context: CropContext,
  reader: VisionReader,
  lease: Lease,
) {
  const picture = await toPlainCrop(image);
  const answer = await readImage(
    reader,
    { ...buildPrompt(context), image: picture, schema: Reading },
    lease,
  );
  const { description, cross_references, ...read } = cleanReading(answer);
  return {
    description,
    cross_references,
    enrichment_metadata: { ...read, model: reader.model, prompt_version: promptVersion },
  };
}
