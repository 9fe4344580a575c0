import type { Chunk } from "./chunk-document.ts";

/**
 * What is embedded for a chunk: where it stands, as far as it does not say so itself, then what it
 * says. A passage seldom repeats the words of its headings, and a question often has them; twice
 * they would outweigh the rest. Readers are shown the content alone.
 */
export function toEmbeddingText(
  title: string,
  chunk: Pick<Chunk, "headingPath" | "content">,
): string {
  const place = chunk.headingPath.filter((heading) => !chunk.content.includes(heading));
  return `${[title, ...place].join(" › ")}\n\n${chunk.content.trim()}`;
}
