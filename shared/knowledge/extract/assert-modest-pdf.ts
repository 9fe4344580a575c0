import { DocumentError } from "../document-error.ts";
import { inflateWithin } from "./inflate-within.ts";

/** Of a stream. pdf.js inflates it as a whole. */
const MAX_STREAM = 32 * 1024 * 1024;
/** A sheet of drawings, scanned in colour, without loss. */
const MAX_PICTURE = 64 * 1024 * 1024;
/** No stream that is shorter can become longer than what is allowed. */
const SUSPICIOUS_LENGTH = MAX_STREAM / 1032;
const ZLIB_HEADER = 2;
const DICTIONARY_LENGTH = 1000;

/**
 * Refuses a PDF with a stream that inflates to more than there is memory for: pdf.js has no limit.
 *
 * @throws DocumentError DOCUMENT_TOO_LARGE.
 */
export function assertModestPdf(bytes: Uint8Array): void {
  const file = new TextDecoder("latin1").decode(bytes);
  for (const { index } of file.matchAll(/stream\r?\n/g)) {
    const start = file.indexOf("\n", index) + 1;
    if (file.startsWith("end", index - 3) || !isZlib(bytes, start)) continue;
    const end = file.indexOf("endstream", start);
    const body = bytes.subarray(start, end === -1 ? undefined : end);
    if (body.length < SUSPICIOUS_LENGTH) continue;
    const dictionary = file.slice(Math.max(0, index - DICTIONARY_LENGTH), index);
    const isPicture = /\/Subtype\s*\/Image\b/.test(dictionary.slice(dictionary.lastIndexOf("obj")));
    if (!isModest(body, isPicture ? MAX_PICTURE : MAX_STREAM)) {
      throw new DocumentError(
        "DOCUMENT_TOO_LARGE",
        "The PDF is far larger unpacked than it looks; split it and upload the parts.",
      );
    }
  }
}

function isModest(body: Uint8Array, most: number): boolean {
  let isFirst = true;
  let isNested = false;
  try {
    const isWithin = inflateWithin(body.subarray(ZLIB_HEADER), most, (part) => {
      // What is deflated twice is a bomb in a bomb.
      if (isFirst) isNested = isZlib(part, 0) && part.length > SUSPICIOUS_LENGTH;
      isFirst = false;
    });
    return isWithin && !isNested;
  } catch {
    // Not deflate after all, or damaged: pdf.js will see.
    return true;
  }
}

function isZlib(bytes: Uint8Array, at: number): boolean {
  const method = bytes[at] ?? 0;
  return (method & 0x0f) === 8 && (method * 256 + (bytes[at + 1] ?? 0)) % 31 === 0;
}
