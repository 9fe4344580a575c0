import { bytesToHex } from "@noble/hashes/utils.js";
import { StorageApiError, type SupabaseClient } from "@supabase/supabase-js";
import type { Database } from "../../database.types.ts";
import { ApiError } from "../../errors.ts";
import { createSha256 } from "../create-sha256.ts";

/** A conversation in its place in a file. */
export interface Source {
  position: number;
  conversation_id: string;
  /** Name of its object in bucket conversation-files; null when its row names none any more. */
  path: string | null;
  batch_id: string | null;
}

/**
 * The bytes of a source and their SHA-256, lower-case hex. The path comes from a row whose
 * constraint allows only its canonical form. Throws `ApiError` CONVERSATION_NOT_READY when there is
 * no object.
 */
export async function downloadSource(
  client: SupabaseClient<Database>,
  { conversation_id, path }: Source,
): Promise<{ bytes: Uint8Array; sha256: string }> {
  if (path === null) throw notReady(conversation_id, "it was deleted, or its enriched_file_path");
  const { data, error } = await client.storage.from("conversation-files").download(path).asStream();
  if (error instanceof StorageApiError && [error.statusCode, `${error.status}`].includes("404")) {
    throw notReady(conversation_id, "there is no enriched.json at its path");
  }
  if (error) throw new Error("a conversation could not be downloaded", { cause: error });
  // A blob would be a copy more of it.
  const bytes = new Uint8Array(await new Response(data).arrayBuffer());
  const hash = createSha256();
  hash.update(bytes);
  return { bytes, sha256: bytesToHex(hash.digest()) };
}

function notReady(conversation_id: string, reason: string): ApiError {
  return new ApiError("CONVERSATION_NOT_READY", "1 conversations cannot be used", {
    details: [{ conversation_id, reason }],
    hint: "Upload the enriched file first",
  });
}
