import { DocumentError } from "../document-error.ts";
import { listZip } from "./read-zip.ts";

/** What a document is, whatever it is called. */
export type DocumentFormat = "pdf" | "docx" | TextualFormat;

/** What text can be. */
export type TextualFormat = "html" | "csv" | "markdown" | "text";

const READABLE = "upload PDF, DOCX, HTML, Markdown, CSV or plain text.";

// First bytes of formats that cannot be read, and what people call them.
const UNREADABLE: [signature: string, name: string][] = [
  ["\x89PNG", "a picture"],
  ["\xff\xd8\xff", "a picture"],
  ["GIF87a", "a picture"],
  ["GIF89a", "a picture"],
  ["II*\0", "a picture"],
  ["MM\0*", "a picture"],
  ["\x1f\x8b\x08", "a compressed archive"],
  ["Rar!\x1a", "a compressed archive"],
  ["7z\xbc\xaf\x27\x1c", "a compressed archive"],
  ["{\\rtf", "an RTF document"],
];
/** Readers of PDF look for its head so far into a file, which a mail or a server may have begun. */
const MAX_PREAMBLE = 1024;
const PDF_END = /startxref\s+\d+\s+%%EOF\s*$/;
const OLE = "\xd0\xcf\x11\xe0";
const ZIP = ["PK\x03\x04", "PK\x05\x06"];
const PAGE =
  /^\s*(?:<\?xml[^>]*>\s*)?(?:<!--(?:(?!-->)[^])*-->\s*)*<(?:!doctype\s+html|html[\s>])/i;

const TEXTUAL: ReadonlyMap<string, TextualFormat> = new Map([
  ["text/html", "html"],
  ["application/xhtml+xml", "html"],
  ["text/csv", "csv"],
  ["text/tab-separated-values", "csv"],
  ["application/csv", "csv"],
  // What Windows calls a .csv.
  ["application/vnd.ms-excel", "csv"],
  ["text/markdown", "markdown"],
  ["text/x-markdown", "markdown"],
]);

/**
 * The format that the first bytes, or the directory of a zip, tell; undefined for what may be text.
 *
 * @throws DocumentError DOCUMENT_TYPE_UNSUPPORTED, DOCUMENT_ENCRYPTED, DOCUMENT_CORRUPT.
 */
export function detectBinaryFormat(bytes: Uint8Array): "pdf" | "docx" | undefined {
  const head = String.fromCharCode(...bytes.subarray(0, 16));
  if (/^(?:\xef\xbb\xbf)?\s*%PDF-\d/.test(head) || isPdfWithin(bytes)) return "pdf";
  if (ZIP.some((signature) => head.startsWith(signature))) return detectOffice(bytes);
  if (head.startsWith(OLE)) throw oldOffice(bytes);
  const found = UNREADABLE.find(([signature]) => head.startsWith(signature));
  if (found) throw unsupported(found[1]);
}

/** What a text is: a web page by its first tag, else what it is claimed to be if it can be that. */
export function detectTextualFormat(text: string, claimedMimeType: string): TextualFormat {
  if (PAGE.test(text.slice(0, 4096))) return "html";
  const claimed = (claimedMimeType.split(";")[0] ?? "").trim().toLowerCase();
  const format = TEXTUAL.get(claimed) ?? "text";
  return format === "html" && !/<[a-z][^<>]*>/i.test(text) ? "text" : format;
}

/** Whether a PDF begins behind something else: a text that names one does not end as one. */
function isPdfWithin(bytes: Uint8Array): boolean {
  const latin1 = new TextDecoder("latin1");
  return /%PDF-\d/.test(latin1.decode(bytes.subarray(0, MAX_PREAMBLE))) &&
    PDF_END.test(latin1.decode(bytes.subarray(-MAX_PREAMBLE)));
}

function detectOffice(bytes: Uint8Array): "docx" {
  const names = new Set(listZip(bytes).map(({ name }) => name));
  // Word on the web numbers it.
  if ([...names].some((name) => /^word\/document\d*\.xml$/.test(name))) return "docx";
  if (names.has("xl/workbook.xml")) throw unsupported("an Excel workbook");
  if (names.has("ppt/presentation.xml")) throw unsupported("a PowerPoint presentation");
  throw unsupported("a zip file");
}

function oldOffice(bytes: Uint8Array): DocumentError {
  // A Word document with a password is wrapped in the old format, with this name in its directory.
  const name = Array.from("EncryptedPackage", (letter) => `${letter}\0`).join("");
  const isEncrypted = new TextDecoder("latin1").decode(bytes).includes(name);
  return isEncrypted
    ? new DocumentError("DOCUMENT_ENCRYPTED", "The document is protected by a password.")
    : unsupported("a document of an old Office, such as .doc");
}

function unsupported(name: string): DocumentError {
  return new DocumentError(
    "DOCUMENT_TYPE_UNSUPPORTED",
    `The file is ${name}, whatever its name says, and cannot be read; ${READABLE}`,
  );
}
