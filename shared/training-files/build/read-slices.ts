import type { SupabaseClient } from "@supabase/supabase-js";
import type { Database } from "../../database.types.ts";
import type { downloadSource, Source } from "./download-source.ts";
import { readAhead } from "./read-ahead.ts";

/** Objects that are asked about together. */
const sliceSize = 16;

/**
 * Downloads sources in their order, sixteen to a slice; the next `ahead` are on their way meanwhile,
 * each on a connection with buffers of its own. Throws what `download` throws.
 */
export async function* readSlices<T extends Source>(
  client: SupabaseClient<Database>,
  sources: readonly T[],
  ahead: number,
  download: typeof downloadSource,
): AsyncGenerator<{ source: T; bytes: Uint8Array; sha256: string }[]> {
  const load = async (source: T) => ({ source, ...await download(client, source) });
  let slice: Awaited<ReturnType<typeof load>>[] = [];
  for await (const object of readAhead(sources, ahead, load)) {
    slice.push(object);
    if (slice.length < sliceSize) continue;
    yield slice;
    slice = [];
  }
  if (slice.length > 0) yield slice;
}
