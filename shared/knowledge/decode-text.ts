import { DocumentError } from "./document-error.ts";

const BYTE_ORDER_MARKS = [
  { encoding: "utf-8", bytes: [0xef, 0xbb, 0xbf] },
  { encoding: "utf-16le", bytes: [0xff, 0xfe] },
  { encoding: "utf-16be", bytes: [0xfe, 0xff] },
];

/**
 * Decodes UTF-8, or UTF-16 when a byte order mark says so; the mark is dropped. Lone surrogates of
 * UTF-16 become U+FFFD, so that the text can be stored and its offsets stay what they were.
 *
 * @throws DocumentError DOCUMENT_NOT_TEXT for bytes that the encoding does not allow.
 */
export function decodeText(bytes: Uint8Array): string {
  const mark = BYTE_ORDER_MARKS.find((mark) => startsWith(bytes, mark.bytes));
  const encoding = mark?.encoding ?? "utf-8";
  const body = bytes.subarray(mark?.bytes.length ?? 0);
  if (encoding !== "utf-8" && body.length % 2 === 1) throw notText();
  // A fatal UTF-16 decoder would refuse the whole document for one lone surrogate; this one puts
  // U+FFFD in its place.
  const decoder = new TextDecoder(encoding, { fatal: encoding === "utf-8", ignoreBOM: true });
  try {
    return decoder.decode(body);
  } catch (cause) {
    throw notText(cause);
  }
}

function startsWith(bytes: Uint8Array, prefix: number[]): boolean {
  return prefix.every((byte, at) => bytes[at] === byte);
}

function notText(cause?: unknown): DocumentError {
  return new DocumentError(
    "DOCUMENT_NOT_TEXT",
    "The document is not valid UTF-8 text; save it as UTF-8 and upload it again.",
    { cause },
  );
}
