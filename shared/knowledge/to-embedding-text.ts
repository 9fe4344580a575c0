import type { Chunk } from "./chunk-document.ts";

/** What is embedded of a chunk. */
export interface Passage extends Pick<Chunk, "headingPath" | "content"> {
  /** Of the table that it has rows of. */
  columns?: readonly string[];
}

const MAX_COLUMNS_LENGTH = 400;

/**
 * What is embedded for a chunk: where it stands, as far as it does not say so itself, then what it
 * says. A passage seldom repeats the words of its headings, or a row those of its columns, and a
 * question often has them; twice they would outweigh the rest. Readers are shown the content alone.
 */
export function toEmbeddingText(title: string, { headingPath, content, columns }: Passage): string {
  const headings = headingPath.filter((heading) => !content.includes(heading));
  const place = [[title, ...headings].join(" › ")];
  if (columns?.some((column) => !content.includes(column))) {
    place.push(columns.join(" | ").slice(0, MAX_COLUMNS_LENGTH).toWellFormed());
  }
  return `${place.join("\n")}\n\n${content.trim()}`;
}
