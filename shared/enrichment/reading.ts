import { z } from "zod";

/** What a crop refers to: "3/S-501" is detail 3 of sheet S-501. */
export const CrossReference = z.object({
  kind: z.enum(["sheet", "detail", "section", "elevation", "schedule", "other"]),
  /** Number of the sheet as written, null for one of the same sheet. */
  sheet: z.string().nullable(),
  /** Number of the detail as written, null for a whole sheet. */
  detail: z.string().nullable(),
  /** The whole reference as written. */
  raw: z.string(),
});
export type CrossReference = z.output<typeof CrossReference>;

/**
 * What a vision model answers about a crop. Every field is required and nothing has a limit, since
 * structured output (OpenAI's subset of JSON Schema) takes neither; `cleanReading` sets the limits.
 */
export const Reading = z.object({
  /** Everything that the crop says, as Markdown. */
  description: z.string(),
  detail_number: z.string().nullable(),
  detail_title: z.string().nullable(),
  cross_references: z.array(CrossReference),
  dimensions: z.array(z.object({
    /** As written: 1'-6", 300 mm, 6 in. O.C. */
    text: z.string(),
    /** What is measured, null where the crop does not say. */
    what: z.string().nullable(),
    unit: z.enum(["in", "ft", "ft-in", "mm", "cm", "m", "deg", "other"]),
  })),
  spec_callouts: z.array(z.object({
    text: z.string(),
    /** Number of the specification section, null when none is named. */
    section: z.string().nullable(),
  })),
  tables: z.array(z.object({
    title: z.string().nullable(),
    /** Cells by row; the first row is the heading where there is one. */
    rows: z.array(z.array(z.string())),
  })),
  /** What is cut off, blurred or could be read in two ways. */
  ambiguities: z.array(z.string()),
  /** What the vector is made of: plain text in whole sentences. */
  embedding_text: z.string(),
});
export type Reading = z.output<typeof Reading>;
