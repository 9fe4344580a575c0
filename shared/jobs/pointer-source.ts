import type { Database } from "../database.types.ts";
import type { CropContext } from "../enrichment/prompt.ts";

/** A crop's title and context, and what is known of it: a row of `get_pointer_source`. */
export type PointerSource =
  Database["public"]["Functions"]["get_pointer_source"]["Returns"][number];

/** What the crop is read with, beside its image. */
export function toCropContext(source: PointerSource): CropContext {
  return {
    title: source.title,
    pageName: source.page_name,
    disciplineName: source.discipline_name,
    sheetReflection: source.sheet_reflection,
  };
}
