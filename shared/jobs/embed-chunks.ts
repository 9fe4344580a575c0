import type { Chunk } from "../knowledge/chunk-document.ts";
import { hashContent } from "../knowledge/hash-content.ts";
import type { ChunkMetadata } from "../knowledge/to-chunk-metadata.ts";
import { toEmbeddingText } from "../knowledge/to-embedding-text.ts";
import { PermanentError } from "../permanent-error.ts";
import { InputRefusedError } from "../providers/embed-batch.ts";
import { embedTexts } from "../providers/embed-texts.ts";
import type { Embedder } from "../providers/embedder.ts";
import type { createLaneCalls } from "./lane-calls.ts";
import type { Lease } from "./lease-keeper.ts";

/** A chunk with what is known of its place. */
export interface PlacedChunk extends Chunk {
  metadata: ChunkMetadata;
}

/** A chunk with the hash of what is embedded for it. */
export interface HashedChunk extends PlacedChunk {
  hash: string;
}

interface Means {
  /** Of the document. */
  title: string;
  embedder: Embedder;
  takeCall: ReturnType<typeof createLaneCalls>;
  lease: Lease;
}

/** Chunks of a document with their hashes. */
export async function hashChunks(chunks: PlacedChunk[], title: string): Promise<HashedChunk[]> {
  const hashed: HashedChunk[] = [];
  // One after the other: thousands at once go to hundreds of threads, which keep memory for ever.
  for (const chunk of chunks) {
    const { columns } = chunk.metadata;
    const place = [title, ...chunk.headingPath, ...(columns ? [JSON.stringify(columns)] : [])];
    hashed.push({ ...chunk, hash: await hashContent(chunk.content, place) });
  }
  return hashed;
}

/**
 * The vectors of chunks, by their hashes; each request is paid for out of the lane's budget and
 * booked. Throws `PermanentError` PASSAGE_REFUSED for a chunk that the provider never takes, and
 * `ProviderError`.
 */
export async function embedChunks(
  chunks: HashedChunk[],
  means: Means,
): Promise<Map<string, number[]>> {
  if (chunks.length === 0) return new Map();
  const texts = chunks.map((chunk) => {
    const text = toText(means.title, chunk);
    // No unit of the prefix is more than a token in what titles and headings are written in.
    return { text, tokenCount: chunk.tokenCount + Math.max(0, text.length - chunk.content.length) };
  });
  const vectors = await embedTexts(meter(chunks, means), texts, means.lease.signal)
    .catch((error) => {
      throw error instanceof InputRefusedError ? refused(chunks[error.index]!, error) : error;
    });
  return new Map(chunks.map(({ hash }, index) => [hash, vectors[index]!]));
}

function toText(title: string, { metadata: { columns }, ...chunk }: PlacedChunk): string {
  return toEmbeddingText(title, { ...chunk, columns });
}

/** The embedder, with every request paid for and booked: those that look for a refused passage too. */
function meter(chunks: PlacedChunk[], { title, embedder, takeCall, lease }: Means): Embedder {
  const { provider, model } = embedder;
  const counts = new Map(chunks.map((chunk) => [toText(title, chunk), chunk.tokenCount]));
  return {
    ...embedder,
    embed: async (texts, options) => {
      await takeCall(texts.reduce((sum, text) => sum + (counts.get(text) ?? 0), 0), lease.signal);
      const answer = await embedder.embed(texts, options);
      lease.addUsage({ provider, model, input_tokens: answer.tokens, output_tokens: 0 });
      return answer;
    },
  };
}

function refused(chunk: Chunk, cause: InputRefusedError): PermanentError {
  return new PermanentError(
    "PASSAGE_REFUSED",
    `The embedding provider refuses a passage of the document: number ${chunk.ordinal + 1}`,
    { cause },
  );
}
