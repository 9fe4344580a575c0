import { DocumentError } from "./document-error.ts";

const BYTE_ORDER_MARKS = [
  { encoding: "utf-8", bytes: [0xef, 0xbb, 0xbf] },
  { encoding: "utf-16le", bytes: [0xff, 0xfe] },
  { encoding: "utf-16be", bytes: [0xfe, 0xff] },
];
/** Bytes that the detector looks at, from the first that is not ASCII on. */
const SAMPLE_LENGTH = 64 * 1024;
/** In percent. A few letters beyond ASCII are more often Western than the guess is right. */
const LEAST_CONFIDENCE = 20;
/** Of the characters beyond ASCII: an encoding that leaves so few bytes over is not another one. */
const MOST_DAMAGED = 0.1;
/** A page names its encoding in its first kilobyte. */
const DECLARED = /<meta[^>]+charset\s*=\s*["']?\s*([\w-]+)|<\?xml[^>]+encoding\s*=\s*["']([\w-]+)/i;

/** How ISO-2022-JP, of old Japanese mail, switches to letters that are not ASCII. */
// deno-lint-ignore no-control-regex -- the escape character is the mark
const JAPANESE_SWITCH = /\x1b(?:\$[@B]|\(J)/;

/**
 * Decodes text by its byte order mark, as UTF-8, as the page in it declares, or as its letters are
 * distributed; the mark is dropped. Lone surrogates of UTF-16 become U+FFFD, so that the text can be
 * stored and its offsets stay what they were, and so do the few bytes that are none in UTF-8.
 *
 * @throws DocumentError DOCUMENT_NOT_TEXT for bytes that are no text in any of these.
 */
export async function decodeText(bytes: Uint8Array): Promise<string> {
  const mark = BYTE_ORDER_MARKS.find((mark) => mark.bytes.every((byte, at) => bytes[at] === byte));
  const body = bytes.subarray(mark?.bytes.length ?? 0);
  // A fatal UTF-16 decoder would refuse the whole document for one lone surrogate; this one puts
  // U+FFFD in its place.
  if (mark?.bytes.length === 2) {
    if (body.length % 2 === 1) throw notText();
    return asText(new TextDecoder(mark.encoding, { ignoreBOM: true }).decode(body));
  }
  const unicode = tryDecode(body, "utf-8");
  // All of its bytes are ASCII.
  const isJapanese = unicode !== undefined && JAPANESE_SWITCH.test(unicode);
  const japanese = isJapanese ? tryDecode(body, "iso-2022-jp") : undefined;
  if (unicode !== undefined) return asText(japanese ?? unicode);
  // Every byte is a character in most of the old encodings, so this is asked before they are.
  if (body.includes(0)) throw notText();
  const damaged = new TextDecoder("utf-8", { ignoreBOM: true }).decode(body);
  if (isNearlyWhole(damaged)) return damaged;
  if (mark) throw notText();
  const head = new TextDecoder("latin1").decode(body.subarray(0, 1024));
  const [, meta, xml] = DECLARED.exec(head) ?? [];
  const declared = tryDecode(body, meta ?? xml);
  if (declared !== undefined && isLegible(declared)) return declared;
  for (const encoding of await listEncodings(body)) {
    const text = tryDecode(body, encoding);
    if (text !== undefined && isLegible(text)) return text;
  }
  throw notText();
}

/** What the bytes may be encoded in, the likeliest first: a guess may not hold for all of them. */
async function listEncodings(bytes: Uint8Array): Promise<string[]> {
  const { analyse } = await import("chardet");
  const first = bytes.findIndex((byte) => byte > 0x7f);
  const guesses = analyse(bytes.subarray(first, first + SAMPLE_LENGTH));
  const isLikely = ({ confidence }: { confidence: number }) => confidence >= LEAST_CONFIDENCE;
  const [likely, unlikely] = [
    guesses.filter(isLikely),
    guesses.filter((guess) => !isLikely(guess)),
  ];
  return [...likely, { name: "windows-1252" }, ...unlikely].map(({ name }) => name);
}

function tryDecode(bytes: Uint8Array, encoding: string | undefined): string | undefined {
  if (encoding === undefined) return undefined;
  try {
    return new TextDecoder(encoding, { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** Whether it is UTF-8 but for a few bytes, such as where a file was cut off or put together. */
function isNearlyWhole(text: string): boolean {
  let count = 0;
  let lost = 0;
  for (const [letter] of text.matchAll(/\P{ASCII}/gu)) {
    count++;
    if (letter === "\ufffd") lost++;
  }
  return lost <= MOST_DAMAGED * count;
}

function asText(text: string): string {
  if (text.includes("\0")) throw notText();
  return text;
}

/** Whether it has fewer control characters than a binary file would: one of a hundred. */
function isLegible(text: string): boolean {
  let count = 0;
  for (const _ of text.matchAll(/(?!\s)\p{Cc}/gu)) count++;
  return count <= text.length / 100;
}

function notText(): DocumentError {
  return new DocumentError(
    "DOCUMENT_NOT_TEXT",
    "The document is a binary file or in an unknown encoding, not text; save it as UTF-8 text, and upload it again.",
  );
}
