import type { SupabaseClient } from "@supabase/supabase-js";
import type { Database } from "../database.types.ts";
import { chunkDocument } from "../knowledge/chunk-document.ts";
import { detectLanguage } from "../knowledge/detect-language.ts";
import type { PagePicture } from "../knowledge/extract/extracted-text.ts";
import { extractText } from "../knowledge/extract-text.ts";
import { listTables } from "../knowledge/list-tables.ts";
import { toChunkMetadata } from "../knowledge/to-chunk-metadata.ts";
import { PermanentError } from "../permanent-error.ts";
import { downloadObject } from "./download-object.ts";
import type { PlacedChunk } from "./embed-chunks.ts";
import type { PageReadings } from "./page-readings.ts";

/** What there is to train of a document. */
export interface DocumentContent {
  chunks: PlacedChunk[];
  language: string;
  /** Pages that are to be read first: then there are no chunks. */
  pictures?: PagePicture[];
}

/**
 * What is chunked and hashed of a document; its text and bytes are let go. Throws
 * `PermanentError` for one that is missing or cannot be read.
 */
export async function readDocument(
  client: SupabaseClient<Database>,
  { storage_path, mime_type, language }: {
    storage_path: string;
    mime_type: string;
    /** Null to have it told from the text. */
    language: string | null;
  },
  readings: PageReadings,
): Promise<DocumentContent> {
  const bytes = await download(client, storage_path);
  const extracted = await extractText(
    bytes,
    mime_type,
    () => readings.list(bytes),
  );
  const { text, format, pages, pictures } = extracted;
  if (pictures) return { chunks: [], language: "", pictures };
  const places = { pages, tables: listTables(extracted) };
  return {
    chunks: chunkDocument(text, { format })
      .map((chunk) => ({ ...chunk, metadata: toChunkMetadata(chunk, places) })),
    language: language ?? detectLanguage(text),
  };
}

async function download(client: SupabaseClient<Database>, path: string): Promise<Uint8Array> {
  const bytes = await downloadObject(client, "documents", path);
  if (bytes) return bytes;
  throw new PermanentError(
    "DOCUMENT_FILE_MISSING",
    "There is no file at the document's storage path: upload it, then train again",
  );
}
