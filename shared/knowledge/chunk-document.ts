import { packSpans } from "./chunk-pack.ts";
import { listSpans } from "./chunk-spans.ts";
import type { TextFormat } from "./extract/extracted-text.ts";

/** A passage of a document, small enough to be embedded. Offsets count UTF-16 units of the text. */
export interface Chunk {
  /** 0 for the first chunk of the document. */
  ordinal: number;
  /** `text.slice(startOffset, endOffset)`. */
  content: string;
  startOffset: number;
  endOffset: number;
  /** UTF-16 units at the start of `content` that the chunk before ends with. */
  overlap: number;
  /** The headings above, outermost first, each cut at 200 units. */
  headingPath: string[];
  /** cl100k_base tokens of `content`. */
  tokenCount: number;
}

export interface ChunkOptions {
  format: TextFormat;
  /** 16 to 2000. */
  maxTokens?: number;
  /** 0 to half of `maxTokens`. */
  overlapTokens?: number;
}

const DEFAULT_MAX_TOKENS = 250;
const DEFAULT_OVERLAP_TOKENS = 20;

/**
 * Cuts a document into chunks by its structure (docs/chunking.md). Without their overlaps the chunks
 * put end to end are the text. A text of nothing but white space has no chunks.
 *
 * @throws RangeError for a budget outside its range.
 */
export function chunkDocument(text: string, options: ChunkOptions): Chunk[] {
  const { format, maxTokens = DEFAULT_MAX_TOKENS, overlapTokens = DEFAULT_OVERLAP_TOKENS } =
    options;
  assertWithin("maxTokens", maxTokens, 16, 2000);
  assertWithin("overlapTokens", overlapTokens, 0, maxTokens / 2);
  if (text.trim() === "") return [];
  const packs = packSpans(text, listSpans(text, format), { maxTokens, overlapTokens });
  return packs.map(({ start, end, overlap, path, tokenCount }, ordinal) => ({
    ordinal,
    content: text.slice(start, end),
    startOffset: start,
    endOffset: end,
    overlap,
    headingPath: [...path],
    tokenCount,
  }));
}

function assertWithin(name: string, value: number, low: number, high: number): void {
  if (Number.isInteger(value) && value >= low && value <= high) return;
  throw new RangeError(`${name} must be a whole number from ${low} to ${high}, not ${value}`);
}
