import { decodeText } from "./decode-text.ts";
import { DocumentError } from "./document-error.ts";
import { detectBinaryFormat, detectTextualFormat } from "./extract/detect-format.ts";
import type { ExtractedText, ListReadings } from "./extract/extracted-text.ts";
import { assertTextLength, MAX_SIZE } from "./extract/limits.ts";

/**
 * Turns a document's bytes into text (docs/documents.md). The bytes decide what they are; the
 * claimed type is asked only where text can be several things: Markdown, CSV, a piece of HTML.
 * Markdown and plain text are as they were, line endings and all; a CSV becomes records, every other
 * format Markdown.
 *
 * @param claimedMimeType parameters are ignored: `text/plain; charset=utf-8` is `text/plain`.
 * @param listReadings asked for a PDF with pages that have no text; without it they may not be read.
 * @throws DocumentError
 */
export async function extractText(
  bytes: Uint8Array,
  claimedMimeType: string,
  listReadings?: ListReadings,
): Promise<ExtractedText> {
  if (bytes.length > MAX_SIZE) {
    throw new DocumentError("DOCUMENT_TOO_LARGE", "The document is larger than 10 MB.");
  }
  const { text, ...rest } = await read(bytes, claimedMimeType, listReadings);
  assertTextLength(text.length);
  if (text.trim() === "" && !rest.pictures) {
    throw new DocumentError("DOCUMENT_EMPTY", "The document contains no text.");
  }
  // The database stores neither; one unit for another, so that no offset moves.
  return { text: text.replaceAll("\0", "\ufffd").toWellFormed(), ...rest };
}

/** Each reader brings its libraries, and is loaded when there is something for it to read. */
async function read(
  bytes: Uint8Array,
  claimedMimeType: string,
  listReadings?: ListReadings,
): Promise<ExtractedText> {
  switch (detectBinaryFormat(bytes)) {
    case "pdf":
      return await (await import("./extract/read-pdf.ts")).readPdf(bytes, listReadings);
    case "docx":
      return await (await import("./extract/read-docx.ts")).readDocx(bytes);
  }
  const text = await decodeText(bytes);
  const format = detectTextualFormat(text, claimedMimeType);
  switch (format) {
    case "html":
      return await (await import("./extract/read-html.ts")).readHtml(text);
    case "csv":
      return await (await import("./extract/read-csv.ts")).readCsv(text);
    default:
      return { text, format };
  }
}
