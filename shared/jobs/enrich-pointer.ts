import type { SupabaseClient } from "@supabase/supabase-js";
import type { Database } from "../database.types.ts";
import { assertCrop } from "../enrichment/assert-crop.ts";
import { CropError } from "../enrichment/crop-error.ts";
import { hashInput } from "../enrichment/hash-input.ts";
import { PermanentError } from "../permanent-error.ts";
import type { Embedders } from "../providers/embedders.ts";
import type { VisionReader } from "../providers/vision-reader.ts";
import { unwrap } from "../unwrap.ts";
import { createTurns } from "./create-turns.ts";
import { downloadObject } from "./download-object.ts";
import { embedPointer } from "./embed-pointer.ts";
import type { Handler, HandlerOutcome } from "./handler.ts";
import type { EnrichPointerJob } from "./job.ts";
import { createLaneCalls } from "./lane-calls.ts";
import type { Lease } from "./lease-keeper.ts";
import { type PointerSource, toCropContext } from "./pointer-source.ts";
import { readCrop } from "./read-crop.ts";
import { toEmbedder, toUnembedded, type UnembeddedPointer } from "./unembedded-pointer.ts";

interface Means {
  /** With the service role: the job was enqueued by somebody who may change the crop. */
  client: SupabaseClient<Database>;
  /** Made when it is first needed. */
  getReader: () => Promise<VisionReader>;
  embedders: Embedders;
}

/** What a place in the lane waits for, of all crops of this worker: one after the other, each is sooner done. */
const takeTurn = createTurns(50);
/** What no place waits for. */
const takeVectorTurn = createTurns(50);

/** Where a job goes when its crop is read; it is claimed from there when it has to wait there. */
const embeddingLane = "embedding";

/**
 * Reads a crop in one lane, download, check, vision model, and stores what was read; then embeds it
 * in another, and all is written together with the end of the job. A crop that was read already as
 * it is now is not read again. Throws `PermanentError` for a crop that can never be read,
 * `ProviderError` when a provider fails.
 */
export function createEnrichPointer(means: Means): Handler<EnrichPointerJob> {
  const { client, embedders } = means;
  return async (job, lease) => {
    const isReading = job.lane !== embeddingLane;
    const [source, bytes] = await takeTurn(() =>
      Promise.all([
        readSource(client, job.payload.pointer_id),
        isReading ? download(client, job) : null,
      ])
    );
    const read = isReading
      ? await readInLane(means, job, lease, { source, bytes })
      : source.is_read
      ? await toUnembedded(source, source, toEmbedder(embedders, source, true))
      : null;
    if (typeof read === "string") return read;
    // Its crop has changed while it waited for its vector alone: this puts it back.
    if (read === null) return await complete(client, job, lease, source, null);
    const { text, embedder } = read;
    return await takeVectorTurn(async () => {
      const takeCall = createLaneCalls(client, embeddingLane, 0);
      const vector = await embedPointer(text, { embedder, takeCall, lease });
      return await complete(
        client,
        job,
        lease,
        source,
        vector && { embedding: JSON.stringify(vector), embedding_model: embedder.model },
      );
    });
  };
}

async function readSource(
  client: SupabaseClient<Database>,
  pointerId: string,
): Promise<PointerSource> {
  const [source] = unwrap(await client.rpc("get_pointer_source", { p_pointer_id: pointerId }));
  if (source) return source;
  throw new PermanentError("POINTER_NOT_FOUND", "The pointer was deleted");
}

/** What is to be embedded, or how the job has ended. */
async function readInLane(
  { client, getReader, embedders }: Means,
  job: EnrichPointerJob,
  lease: Lease,
  { source, bytes }: { source: PointerSource; bytes: Uint8Array | null },
): Promise<UnembeddedPointer | HandlerOutcome> {
  const reader = await getReader();
  // What has been announced since it was queued may have come after these bytes.
  const isLatest = source.revision === job.payload.revision;
  const crop = toCrop(isLatest ? bytes : await download(client, job));
  const context = toCropContext(source);
  const inputHash = await hashInput(crop, context, reader.model);
  const isKnown = inputHash === source.input_hash;
  const embedder = toEmbedder(embedders, source, isKnown);
  if (isKnown && source.embedding_model === embedder.model) {
    return await complete(client, job, lease, source, null);
  }
  const reading = isKnown ? null : await readCrop(crop, context, reader, lease);
  const read = reading
    ? { ...reading, embedding_text: reading.enrichment_metadata.embedding_text }
    : source;
  const unembedded = await toUnembedded(source, read, embedder);
  await lease.leave(embeddingLane, unembedded.text.tokenCount);
  const state = unwrap(
    await takeTurn(async () =>
      await client.rpc("add_pointer_reading", {
        p_job_id: job.job_id,
        p_lease_token: job.lease_token,
        p_source_hash: source.source_hash,
        p_input_hash: inputHash,
        ...(reading && { p_reading: reading }),
        p_token_count: unembedded.text.tokenCount,
        p_usage: lease.usage(),
      })
    ),
  );
  lease.clearUsage();
  return state === "held" ? unembedded : state as HandlerOutcome;
}

function download(
  client: SupabaseClient<Database>,
  { payload }: EnrichPointerJob,
): Promise<Uint8Array | null> {
  return downloadObject(client, "pointer-crops", payload.png_path);
}

/** Throws `CropError`. */
function toCrop(bytes: Uint8Array | null): Uint8Array {
  if (bytes === null) {
    throw new CropError(
      "CROP_MISSING",
      "There is no image at the pointer's path: upload it, then try again",
    );
  }
  assertCrop(bytes);
  return bytes;
}

async function complete(
  client: SupabaseClient<Database>,
  job: EnrichPointerJob,
  lease: Lease,
  source: PointerSource,
  vector: { embedding: string; embedding_model: string } | null,
): Promise<HandlerOutcome> {
  const outcome = unwrap(
    await client.rpc("complete_pointer_job", {
      p_job_id: job.job_id,
      p_lease_token: job.lease_token,
      p_source_hash: source.source_hash,
      ...(vector && { p_result: vector }),
      p_usage: lease.usage(),
    }),
  );
  return outcome as HandlerOutcome;
}
