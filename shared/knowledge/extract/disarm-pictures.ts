import { MAX_PICTURE_PIXELS } from "./limits.ts";

/** A PDF whose pictures can be decoded in the memory that there is. */
export interface DisarmedPdf {
  bytes: Uint8Array<ArrayBuffer>;
  /** Whether it had larger ones, which are no pictures any more. */
  hasHuge: boolean;
  /** Whether it had JPEGs inside another coding, which are none any more either. */
  hasOdd: boolean;
  /** Whether its pictures are encrypted, and may be anything. */
  isLocked: boolean;
}

/** More passes over a picture than any encoder makes: each decodes all of it again. */
const MAX_PASSES = 100;
const [START, END, SCAN, FILL] = [0xd8, 0xd9, 0xda, 0xff];

/**
 * A copy of a PDF in which no picture declares more than 12 million pixels, nor does a JPEG, whatever
 * the PDF says of it, and no JPEG is cut off: pdf.js knows one limit, which masks are not held to, and
 * makes a picture of whatever there is.
 */
export function disarmPictures(bytes: Uint8Array): DisarmedPdf {
  const copy = Uint8Array.from(bytes);
  const file = new TextDecoder("latin1").decode(bytes);
  let hasHuge = false;
  let hasOdd = false;
  for (const { index } of file.matchAll(/\/Subtype\s*\/Image\b/g)) {
    const start = file.lastIndexOf("obj", index);
    const dictionary = file.slice(start, file.indexOf("stream", index));
    const width = sizeOf(dictionary, "Width");
    const height = sizeOf(dictionary, "Height");
    const isHuge = width * height > MAX_PICTURE_PIXELS;
    if (!isHuge && !isWrapped(dictionary)) continue;
    // Without a width it is no picture.
    copy[start + dictionary.search(/\/Width\b/) + 1] = "X".charCodeAt(0);
    hasHuge ||= isHuge;
    hasOdd ||= !isHuge;
  }
  for (let at = copy.indexOf(0xff); at >= 0; at = copy.indexOf(0xff, at + 1)) {
    if (copy[at + 1] !== START || copy[at + 2] !== 0xff) continue;
    const kind = judgeJpeg(copy.subarray(at, file.indexOf("endstream", at)));
    // Elsewhere it is chance, or what pdf.js would skip junk for.
    const isStream = /stream\r?\n$/.test(file.slice(Math.max(0, at - 8), at));
    if (kind === "whole" || kind === "cut off" && !isStream) continue;
    copy.fill(0, at, at + 2);
    hasHuge ||= kind === "huge";
  }
  return { bytes: copy, hasHuge, hasOdd, isLocked: /\/Encrypt\b/.test(file) };
}

/** Whether another filter, or one that is named elsewhere, hides what a JPEG says of itself. */
function isWrapped(dictionary: string): boolean {
  return /\/Filter\s*(\[\s*\/\w+\s*\/[^\]]*DCT|\[?\s*\d+\s+\d+\s+R)/.test(dictionary);
}

function sizeOf(dictionary: string, name: string): number {
  return Number(dictionary.match(new RegExp(`/${name}\\s+(\\d+)(?!\\s+\\d+\\s+R)`))?.[1] ?? 0);
}

/**
 * Whether a JPEG has few enough pixels and passes, and its end.
 * Source: https://www.w3.org/Graphics/JPEG/itu-t81.pdf, annex B.
 */
function judgeJpeg(bytes: Uint8Array): "whole" | "cut off" | "huge" {
  let passes = 0;
  for (let at = 2; at + 1 < bytes.length && bytes[at] === 0xff;) {
    const marker = bytes[at + 1]!;
    if (marker === END) return "whole";
    if (marker === FILL) {
      at++;
      continue;
    }
    if (isFrame(marker)) {
      const height = bytes[at + 5]! * 256 + bytes[at + 6]!;
      const width = bytes[at + 7]! * 256 + bytes[at + 8]!;
      if (width * height > MAX_PICTURE_PIXELS) return "huge";
    }
    at += 2 + bytes[at + 2]! * 256 + bytes[at + 3]!;
    if (marker !== SCAN) continue;
    if (++passes > MAX_PASSES) return "huge";
    at = endOfScan(bytes, at);
  }
  return "cut off";
}

/** SOF0 to SOF15, without the tables that lie between their numbers. */
function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
}

/** The next marker that is neither a stuffed byte nor a restart. */
function endOfScan(bytes: Uint8Array, from: number): number {
  for (let at = bytes.indexOf(0xff, from); at >= 0; at = bytes.indexOf(0xff, at + 1)) {
    const next = bytes[at + 1]!;
    if (next >= 0xc0 && !(next >= 0xd0 && next <= 0xd7)) return at;
  }
  return bytes.length;
}
