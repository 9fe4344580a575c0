import type { SupabaseClient } from "@supabase/supabase-js";
import type { Database } from "../database.types.ts";
import { assertCrop } from "../enrichment/assert-crop.ts";
import { cleanReading } from "../enrichment/clean-reading.ts";
import { CropError } from "../enrichment/crop-error.ts";
import { hashInput } from "../enrichment/hash-input.ts";
import { buildPrompt, type CropContext, promptVersion } from "../enrichment/prompt.ts";
import { Reading } from "../enrichment/reading.ts";
import { toPlainCrop } from "../enrichment/to-plain-crop.ts";
import { toPointerText } from "../enrichment/to-pointer-text.ts";
import { getEmbeddingModel } from "../knowledge/get-embedding-model.ts";
import { PermanentError } from "../permanent-error.ts";
import type { Embedder } from "../providers/embedder.ts";
import type { Embedders } from "../providers/embedders.ts";
import type { VisionReader } from "../providers/vision-reader.ts";
import { unwrap } from "../unwrap.ts";
import { downloadObject } from "./download-object.ts";
import type { Handler, HandlerOutcome } from "./handler.ts";
import type { EnrichPointerJob } from "./job.ts";
import { createLaneCalls } from "./lane-calls.ts";
import type { Lease } from "./lease-keeper.ts";

interface Dependencies {
  /** With the service role: the job was enqueued by somebody who may change the crop. */
  client: SupabaseClient<Database>;
  /** Made when it is first needed. */
  getReader: () => Promise<VisionReader>;
  embedders: Embedders;
}

/** What one reading sends and gets, as a guess: an image, its context, a page of answer. */
const tokensOfReading = 6_000;

/**
 * Reads a crop: download, check, vision model, vector, all written together with the end of the
 * job. A crop that was read already as it is now is not read again. Throws `PermanentError` for a
 * crop that can never be read, `ProviderError` when a provider fails.
 */
export function createEnrichPointer(means: Dependencies): Handler<EnrichPointerJob> {
  const { client } = means;
  return async (job, lease) => {
    const reader = await means.getReader();
    const source = await readSource(client, job.payload.pointer_id);
    const crop = await downloadObject(client, "pointer-crops", source.png_path);
    if (crop === null) {
      throw new CropError(
        "CROP_MISSING",
        "There is no image at the pointer's path: upload it, then try again",
      );
    }
    assertCrop(crop);
    const context: CropContext = {
      title: source.title,
      pageName: source.page_name,
      disciplineName: source.discipline_name,
      sheetReflection: source.sheet_reflection,
    };
    const inputHash = await hashInput(crop, context, reader.model);
    const embedder = await findEmbedder(means, job);
    const result = inputHash !== source.input_hash
      ? await readCrop(crop, context, job, lease, reader, embedder, client)
      : source.embedding_model === embedder.model
      ? null
      : await embedReading(context, source, embedder, lease);
    const outcome = unwrap(
      await client.rpc("complete_pointer_job", {
        p_job_id: job.job_id,
        p_lease_token: job.lease_token,
        p_source_hash: source.source_hash,
        ...(result && { p_result: { ...result, input_hash: inputHash } }),
        p_usage: lease.usage(),
      }),
    );
    return outcome as HandlerOutcome;
  };
}

async function readSource(client: SupabaseClient<Database>, pointerId: string) {
  const [source] = unwrap(await client.rpc("get_pointer_source", { p_pointer_id: pointerId }));
  if (source) return source;
  throw new PermanentError("POINTER_NOT_FOUND", "The pointer was deleted");
}

/** Of the organisation, if it has one: crops are searched beside documents. */
async function findEmbedder({ client, embedders }: Dependencies, { org_id }: EnrichPointerJob) {
  const model = org_id && await getEmbeddingModel(client, org_id);
  return embedders.of(model ?? embedders.defaultModel);
}

async function readCrop(
  image: Uint8Array,
  context: CropContext,
  job: EnrichPointerJob,
  lease: Lease,
  reader: VisionReader,
  embedder: Embedder,
  client: SupabaseClient<Database>,
) {
  const picture = await toPlainCrop(image);
  await createLaneCalls(client, job.lane)(tokensOfReading, lease.signal);
  const { answer, inputTokens, outputTokens } = await reader.read(
    { ...buildPrompt(context), image: picture, schema: Reading },
    { signal: lease.signal },
  );
  lease.addUsage({
    provider: reader.provider,
    model: reader.model,
    input_tokens: inputTokens,
    output_tokens: outputTokens,
  });
  const { description, cross_references, ...read } = cleanReading(answer);
  return {
    description,
    cross_references,
    enrichment_metadata: { ...read, model: reader.model, prompt_version: promptVersion },
    ...await embedReading(
      context,
      { description, embedding_text: read.embedding_text },
      embedder,
      lease,
    ),
  };
}

async function embedReading(
  context: CropContext,
  read: { description: string; embedding_text: string },
  embedder: Embedder,
  lease: Lease,
) {
  const text = toPointerText(context, read.embedding_text, read.description);
  const { vectors, tokens } = await embedder.embed([text], { signal: lease.signal });
  lease.addUsage({
    provider: embedder.provider,
    model: embedder.model,
    input_tokens: tokens,
    output_tokens: 0,
  });
  return { embedding: JSON.stringify(vectors[0]), embedding_model: embedder.model };
}
