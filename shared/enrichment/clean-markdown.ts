import { cleanText } from "./clean-text.ts";
import { stripMarkdownLinks } from "./strip-markdown-links.ts";

/** Markdown from a model, at most so many characters of it, as it may be stored and rendered. */
export function cleanMarkdown(text: string, max: number): string {
  // Cut first: what stripping leaves is never longer by more than the escapes that it adds.
  return stripMarkdownLinks(cleanText(text, max));
}
