/** A part of a PNG image. */
export interface PngChunk {
  type: string;
  body: Uint8Array;
  /** With length, type and check sum. */
  whole: Uint8Array;
}

const SIGNATURE_LENGTH = 8;
/** Length, type and check sum. */
const FRAME_LENGTH = 12;

/**
 * The parts of a PNG image, up to its end. Throws `RangeError` when it is cut off, or goes on behind
 * its end. Source: https://www.w3.org/TR/png-3/#5Chunk-layout.
 */
export function* listPngChunks(png: Uint8Array): Generator<PngChunk> {
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength);
  for (let at = SIGNATURE_LENGTH; at < png.length;) {
    const end = at + FRAME_LENGTH + (at + 4 <= png.length ? view.getUint32(at) : 0);
    const type = String.fromCharCode(...png.subarray(at + 4, at + 8));
    if (end > png.length || type === "IEND" && end < png.length) break;
    yield { type, body: png.subarray(at + 8, end - 4), whole: png.subarray(at, end) };
    if (type === "IEND") return;
    at = end;
  }
  throw new RangeError("the image is cut off");
}
