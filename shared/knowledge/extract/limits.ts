import { DocumentError } from "../document-error.ts";

/** Bytes of a document, and UTF-16 units of the text in it. */
export const MAX_SIZE = 10 * 1024 * 1024;

/** Of a picture of a page: A4 at 300 dots an inch has nine million. Decoding takes up to 15 bytes each. */
export const MAX_PICTURE_PIXELS = 12_000_000;

/** Pictures of pages that are handed out to be read: so many fit into an attempt's time and memory. */
export const PICTURES_AT_ONCE = 3;

/** Start and end tags of a page; with them the way to Markdown takes about 150 MB. */
export const MAX_HTML_TAGS = 100_000;

/** Tags and attributes of the XML in a Word document, to the same end. */
export const MAX_XML_TAGS = 300_000;

/** @throws DocumentError DOCUMENT_TOO_LARGE for more tags than there is memory for. */
export function assertTagCount(count: number, most: number): void {
  if (count <= most) return;
  throw new DocumentError(
    "DOCUMENT_TOO_LARGE",
    "The document has more elements than can be worked on; split it and upload the parts.",
  );
}

/** @throws DocumentError DOCUMENT_TOO_LARGE for a text that is too long to be worked on. */
export function assertTextLength(length: number): void {
  if (length <= MAX_SIZE) return;
  throw new DocumentError(
    "DOCUMENT_TOO_LARGE",
    "The document holds more than 10 MB of text; split it and upload the parts.",
  );
}
