import type { SupabaseClient } from "@supabase/supabase-js";
import type { Database } from "../database.types.ts";
import { getEmbeddingModel } from "../knowledge/get-embedding-model.ts";
import { PermanentError } from "../permanent-error.ts";
import type { Embedders } from "../providers/embedders.ts";
import type { VisionReader } from "../providers/vision-reader.ts";
import { unwrap } from "../unwrap.ts";
import { embedChunks, hashChunks, type HashedChunk } from "./embed-chunks.ts";
import type { TrainDocumentJob } from "./job.ts";
import type { Handler, HandlerOutcome } from "./handler.ts";
import { createLaneCalls } from "./lane-calls.ts";
import { createTurns } from "./create-turns.ts";
import { createPageReadings } from "./page-readings.ts";
import { readDocument } from "./read-document.ts";
import { readPictures, visionLane } from "./read-pictures.ts";
import type { Lease } from "./lease-keeper.ts";

interface Dependencies {
  /** With the service role: the job was enqueued by somebody who may train the document. */
  client: SupabaseClient<Database>;
  embedders: Embedders;
  /** Made when it is first needed. */
  getReader: () => Promise<VisionReader>;
}

interface Source {
  title: string;
  storage_path: string;
  mime_type: string;
  /** Null to have it told from the text. */
  language: string | null;
  revision: number;
  /** Of its organisation: what is trained is searched beside the rest. */
  model: string | null;
}

/** Chunks in one embedding request and one slice: below 1 MB of JSON with their vectors. */
const sliceSize = 48;

/** Hashes in one request: as many as the API answers with rows. */
const hashesAtOnce = 1000;

/** Of all trainings of this worker. */
const takeTurn = createTurns();

/**
 * Trains a document: download, text, chunks, vectors, stored slice by slice beside the live
 * generation, which the last call replaces. A chunk that the live generation has already, or that an
 * interrupted attempt has embedded, keeps its vector. Pages that are pictures are read first, a few
 * at a time, in the lane of the vision provider.
 * Throws `PermanentError` for a document that can never be trained, `ProviderError` when a provider
 * fails.
 */
export function createTrainDocument(
  { client, embedders, getReader }: Dependencies,
): Handler<TrainDocumentJob> {
  return async (job, lease) => {
    const source = await readSource(client, job.payload.vault_document_id);
    const readings = createPageReadings({ client, getReader }, job);
    const { pictures, language, ...read } = await takeTurn(() =>
      readDocument(client, source, readings)
    );
    if (pictures || job.lane === visionLane) {
      return await readPictures(pictures ?? [], client, job, lease, source.title, readings);
    }
    const embedder = embedders.of(source.model ?? embedders.defaultModel);
    const chunks = await hashChunks(read.chunks, source.title);
    const known = await listKnown(client, job.payload.vault_document_id, embedder.model, chunks);
    const takeCall = createLaneCalls(client, job.lane);
    for (let start = 0; start < chunks.length; start += sliceSize) {
      const slice = chunks.slice(start, start + sliceSize);
      const fresh = slice.filter(({ hash }) => !known.has(hash));
      const vectors = await embedChunks(fresh, { title: source.title, embedder, takeCall, lease });
      const state = unwrap(
        await client.rpc("add_document_chunks", {
          p_job_id: job.job_id,
          p_lease_token: job.lease_token,
          p_chunks: slice.map((chunk) => ({
            ...toRow(chunk, embedder.model, vectors.get(chunk.hash)),
            language,
          })),
          p_progress: (start + slice.length) / chunks.length,
        }),
      );
      if (state === "stale_lease") return state;
    }
    return await complete(client, job, source.revision, chunks.length, lease);
  };
}

async function readSource(client: SupabaseClient<Database>, id: string): Promise<Source> {
  const [source] = unwrap(
    await client.from("vault_documents")
      .select("org_id, title, storage_path, mime_type, language, revision").eq("id", id),
  );
  if (source) return { ...source, model: await getEmbeddingModel(client, source.org_id) };
  throw new PermanentError("DOCUMENT_NOT_FOUND", "The document was deleted");
}

/** Hashes of the chunks whose vector the document has already. */
async function listKnown(
  client: SupabaseClient<Database>,
  vaultDocumentId: string,
  model: string,
  chunks: HashedChunk[],
): Promise<Set<string>> {
  const known = new Set<string>();
  for (let start = 0; start < chunks.length; start += hashesAtOnce) {
    const hashes = unwrap(
      await client.rpc("list_embedded_hashes", {
        p_vault_document_id: vaultDocumentId,
        p_embedding_model: model,
        p_content_hashes: chunks.slice(start, start + hashesAtOnce).map(({ hash }) => hash),
      }),
    );
    for (const hash of hashes) known.add(hash);
  }
  return known;
}

function toRow(chunk: HashedChunk, model: string, vector: number[] | undefined) {
  return {
    ordinal: chunk.ordinal,
    content: chunk.content,
    heading_path: chunk.headingPath,
    start_offset: chunk.startOffset,
    end_offset: chunk.endOffset,
    token_count: chunk.tokenCount,
    content_hash: chunk.hash,
    embedding_model: model,
    metadata: chunk.metadata,
    // Without one, the vector that is known for this hash is copied.
    ...(vector && { embedding: JSON.stringify(vector) }),
  };
}

async function complete(
  client: SupabaseClient<Database>,
  job: TrainDocumentJob,
  revision: number,
  chunkCount: number,
  lease: Lease,
): Promise<HandlerOutcome> {
  const outcome = unwrap(
    await client.rpc("complete_document_job", {
      p_job_id: job.job_id,
      p_lease_token: job.lease_token,
      p_revision: revision,
      p_chunk_count: chunkCount,
      p_usage: lease.usage(),
    }),
  );
  if (outcome === "done" || outcome === "stale_input") return outcome;
  return "stale_lease";
}
