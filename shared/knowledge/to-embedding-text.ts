import type { Chunk } from "./chunk-document.ts";

/**
 * What is embedded for a chunk: where it stands, then what it says. A passage seldom repeats the
 * words of its headings, and a question often has them. Readers are shown the content alone.
 */
export function toEmbeddingText(
  title: string,
  chunk: Pick<Chunk, "headingPath" | "content">,
): string {
  return `${[title, ...chunk.headingPath].join(" › ")}\n\n${chunk.content.trim()}`;
}
