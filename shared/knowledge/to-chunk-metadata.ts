import type { Chunk } from "./chunk-document.ts";
import type { PageStart } from "./extract/extracted-text.ts";
import type { TablePlace } from "./list-tables.ts";

/** What is known of places in a document. */
interface Places {
  pages?: readonly PageStart[];
  tables?: readonly TablePlace[];
}

/** What a chunk is stored with besides its text and its headings; what there is none of is left out. */
export type ChunkMetadata = {
  /**
   * The numbers of the pages that it touches: a list, so that `metadata @> {"pages": [3]}` finds what
   * stands on page 3.
   */
  pages?: number[];
  /** The columns of the first table that it has rows of: the head may be in a chunk before. */
  columns?: string[];
};

const MAX_COLUMNS = 50;
const MAX_COLUMN_LENGTH = 200;

/** The metadata of a chunk, from where it lies in its document. */
export function toChunkMetadata(
  { content, startOffset }: Pick<Chunk, "content" | "startOffset">,
  { pages = [], tables = [] }: Places,
): ChunkMetadata {
  const from = startOffset + content.length - content.trimStart().length;
  const to = startOffset + content.trimEnd().length;
  const touched = pages.filter((page, at) =>
    page.startOffset < to && (pages[at + 1]?.startOffset ?? Infinity) > from
  );
  const table = tables.find(({ startOffset, endOffset }) => startOffset < to && endOffset > from);
  const columns = table?.columns.slice(0, MAX_COLUMNS)
    .map((column) => column.slice(0, MAX_COLUMN_LENGTH).toWellFormed());
  return {
    ...(touched.length > 0 && { pages: touched.map(({ page }) => page) }),
    ...(columns && { columns }),
  };
}
