import { z } from "zod";

/** What a vision model answers about a page of a document. */
export const PageReading = z.object({
  /** Everything that stands on the page, as Markdown; empty for a blank one. */
  markdown: z.string(),
});
export type PageReading = z.output<typeof PageReading>;
