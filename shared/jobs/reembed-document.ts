import type { SupabaseClient } from "@supabase/supabase-js";
import type { Database } from "../database.types.ts";
import type { ChunkMetadata } from "../knowledge/to-chunk-metadata.ts";
import { PermanentError } from "../permanent-error.ts";
import { ProviderError } from "../providers/provider-error.ts";
import type { Embedders } from "../providers/embedders.ts";
import { unwrap } from "../unwrap.ts";
import { embedChunks, hashChunks, type HashedChunk } from "./embed-chunks.ts";
import type { Handler } from "./handler.ts";
import type { ReembedDocumentJob } from "./job.ts";
import { createLaneCalls } from "./lane-calls.ts";

interface Dependencies {
  /** With the service role. */
  client: SupabaseClient<Database>;
  embedders: Embedders;
}

type Row = Database["public"]["Functions"]["list_reembed_chunks"]["Returns"][number];

/** Chunks in one embedding request and one slice: below 1 MB of JSON with their vectors. */
const sliceSize = 48;

/**
 * Copies the live chunks of a document with vectors of the model that its organisation switches to.
 * Whoever takes the job over goes on behind the last slice that is stored. Throws `PermanentError`
 * for a passage that the model never takes and for a key that it does not take, `ProviderError` for
 * what may pass.
 */
export function createReembedDocument(
  { client, embedders }: Dependencies,
): Handler<ReembedDocumentJob> {
  return async (job, lease) => {
    const takeCall = createLaneCalls(client, job.lane);
    const held = { p_job_id: job.job_id, p_lease_token: job.lease_token };
    const list = async () =>
      unwrap(await client.rpc("list_reembed_chunks", { ...held, p_max_chunks: sliceSize }));
    for (let rows = await list(); rows.length > 0; rows = await list()) {
      const { title, embedding_model, max_ordinal } = rows[0]!;
      const chunks = await hashChunks(rows.map(toChunk), title);
      // The title may have changed since the training: then no stored vector fits.
      const fresh = chunks.filter(({ hash }, at) =>
        !(rows[at]!.is_known && rows[at]!.content_hash === hash)
      );
      const vectors = await embedWith(embedding_model, fresh, title);
      const state = unwrap(
        await client.rpc("add_reembedded_chunks", {
          ...held,
          p_chunks: chunks.map(({ ordinal, hash }) => {
            const vector = vectors.get(hash);
            return {
              ordinal,
              content_hash: hash,
              ...(vector && { embedding: JSON.stringify(vector) }),
            };
          }),
          p_progress: (rows.at(-1)!.ordinal + 1) / (max_ordinal + 1),
        }),
      );
      if (state === "stale_lease") return state;
    }
    const usage = lease.usage();
    const outcome = unwrap(await client.rpc("complete_reembed_job", { ...held, p_usage: usage }));
    return outcome === "done" ? outcome : "stale_lease";

    async function embedWith(model: string, chunks: HashedChunk[], title: string) {
      try {
        const embedder = embedders.of(model);
        return await embedChunks(chunks, { title, embedder, takeCall, lease });
      } catch (error) {
        if (!(error instanceof ProviderError) || error.refusal !== "unauthorized") throw error;
        // A key that is not right yet must not hold back the trainings, which share the lane.
        throw new PermanentError("PROVIDER_UNAUTHORIZED", error.message, { cause: error });
      }
    }
  };
}

function toChunk(row: Row) {
  return {
    ordinal: row.ordinal,
    content: row.content,
    headingPath: row.heading_path,
    startOffset: row.start_offset,
    endOffset: row.end_offset,
    tokenCount: row.token_count,
    overlap: 0,
    metadata: row.metadata as ChunkMetadata,
  };
}
