import { decodeText } from "./decode-text.ts";
import { DocumentError } from "./document-error.ts";

/** How the text is structured: Markdown has headings, fences and tables, plain text has not. */
export type TextFormat = "markdown" | "text";

export interface ExtractedText {
  /** The document's text with its own line endings; every offset counts UTF-16 units of it. */
  text: string;
  format: TextFormat;
}

const MAX_BYTES = 10 * 1024 * 1024;

const FORMATS: ReadonlyMap<string, TextFormat> = new Map([
  ["text/markdown", "markdown"],
  ["text/x-markdown", "markdown"],
  ["text/plain", "text"],
]);

// First bytes of formats that people rename to .txt or .md.
const BINARY_SIGNATURES = [
  "%PDF-",
  "PK\x03\x04",
  "PK\x05\x06",
  "\x89PNG",
  "\xff\xd8\xff",
  "GIF87a",
  "GIF89a",
  "\xd0\xcf\x11\xe0",
  "\x1f\x8b\x08",
  "{\\rtf",
];

/**
 * Turns a document's bytes into text.
 *
 * @param mimeType parameters are ignored: `text/plain; charset=utf-8` is `text/plain`.
 * @throws DocumentError DOCUMENT_TYPE_UNSUPPORTED, DOCUMENT_TOO_LARGE, DOCUMENT_NOT_TEXT,
 *   DOCUMENT_EMPTY.
 */
export function extractText(bytes: Uint8Array, mimeType: string): ExtractedText {
  const format = FORMATS.get((mimeType.split(";")[0] ?? "").trim().toLowerCase());
  if (!format) {
    throw new DocumentError(
      "DOCUMENT_TYPE_UNSUPPORTED",
      "This type of document cannot be read; upload Markdown or plain text.",
    );
  }
  if (bytes.length > MAX_BYTES) {
    throw new DocumentError("DOCUMENT_TOO_LARGE", "The document is larger than 10 MB.");
  }
  if (hasBinarySignature(bytes)) throw binary();
  const text = decodeText(bytes);
  if (text.includes("\0")) throw binary();
  if (text.trim() === "") {
    throw new DocumentError("DOCUMENT_EMPTY", "The document contains no text.");
  }
  return { text, format };
}

function hasBinarySignature(bytes: Uint8Array): boolean {
  const head = String.fromCharCode(...bytes.subarray(0, 8));
  return BINARY_SIGNATURES.some((signature) => head.startsWith(signature));
}

function binary(): DocumentError {
  return new DocumentError(
    "DOCUMENT_NOT_TEXT",
    "The document is a binary file, not text, whatever its name says.",
  );
}
