import { StorageApiError, type SupabaseClient } from "@supabase/supabase-js";
import type { Database } from "../database.types.ts";

/** The bytes of an object, null when there is none at that path. */
export async function downloadObject(
  client: SupabaseClient<Database>,
  bucket: string,
  path: string,
): Promise<Uint8Array | null> {
  // A Blob would hold the bytes a second time until it is collected.
  const { data, error } = await client.storage.from(bucket).download(path).asStream();
  if (data) return new Uint8Array(await new Response(data).arrayBuffer());
  // The storage service answers every error with HTTP 400 and its own status in the body.
  if (error instanceof StorageApiError && [error.statusCode, `${error.status}`].includes("404")) {
    return null;
  }
  throw new Error(`an object of ${bucket} could not be downloaded`, { cause: error });
}
