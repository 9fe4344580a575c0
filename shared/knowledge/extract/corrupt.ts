import { DocumentError } from "../document-error.ts";

/**
 * Runs a reader of a document; whatever it throws that is not a `DocumentError` is the document's
 * fault. Load libraries before, for a library that is missing is not.
 *
 * @throws DocumentError DOCUMENT_CORRUPT, and those of the reader.
 */
export async function orCorrupt<T>(kind: string, read: () => T | Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    throw error instanceof DocumentError ? error : corrupt(kind, error);
  }
}

/** That a document of this kind ("PDF") is damaged. */
export function corrupt(kind: string, cause?: unknown): DocumentError {
  return new DocumentError(
    "DOCUMENT_CORRUPT",
    `The ${kind} is damaged or incomplete; open it, save it again and upload the new file.`,
    { cause },
  );
}
