import type { SupabaseClient } from "@supabase/supabase-js";
import type { Database } from "../../database.types.ts";
import { downloadSource, type Source } from "./download-source.ts";
import { readAhead } from "./read-ahead.ts";

/** Objects that are asked about together. */
const sliceSize = 16;

/** Downloads at once. More bring no speed, and each connection holds buffers. */
const downloads = 4;

/** Downloads sources in their order, sixteen to a slice; the next are on their way meanwhile. */
export async function* readSlices<T extends Source>(
  client: SupabaseClient<Database>,
  sources: readonly T[],
): AsyncGenerator<{ source: T; bytes: Uint8Array; sha256: string }[]> {
  const load = async (source: T) => ({ source, ...await downloadSource(client, source) });
  let slice: Awaited<ReturnType<typeof load>>[] = [];
  for await (const object of readAhead(sources, downloads, load)) {
    slice.push(object);
    if (slice.length < sliceSize) continue;
    yield slice;
    slice = [];
  }
  if (slice.length > 0) yield slice;
}
