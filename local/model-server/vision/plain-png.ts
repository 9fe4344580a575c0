import { joinBytes } from "../../../shared/join-bytes.ts";
import { inflateWithin } from "../../../shared/knowledge/extract/inflate-within.ts";

/** Chunks that carry the picture. The others are of no use here, and some hide packed data. */
const kept = new Set(["IHDR", "PLTE", "tRNS", "IDAT", "IEND"]);
const channelsOf: Record<number, number> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

/**
 * The same PNG image, picture only, once it is sure that decoding it makes no more bytes than its
 * header declares. Throws for what is cut off, or packs more than its picture.
 * Source: https://www.w3.org/TR/png-3/#5Chunk-layout.
 */
export function plainPng(png: Uint8Array): Uint8Array<ArrayBuffer> {
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength);
  const parts = [png.subarray(0, 8)];
  const packed: Uint8Array[] = [];
  for (let at = 8, type = ""; type !== "IEND";) {
    if (at + 12 > png.length) throw new Error("the image is cut off");
    const end = at + 12 + view.getUint32(at);
    type = String.fromCharCode(...png.subarray(at + 4, at + 8));
    if (end > png.length) throw new Error("the image is cut off");
    if (kept.has(type)) parts.push(png.subarray(at, end));
    if (type === "IDAT") packed.push(png.subarray(at + 8, end - 4));
    at = end;
  }
  // Between the two bytes of zlib's header and the four of its check sum.
  const deflated = joinBytes(packed).subarray(2, -4);
  if (!inflateWithin(deflated, pictureBytes(view))) {
    throw new Error("the image packs more than its picture");
  }
  return joinBytes(parts);
}

/** Every row, with a byte for its filter; interlaced images have up to seven such sets of rows. */
function pictureBytes(view: DataView): number {
  const [width, height] = [view.getUint32(16), view.getUint32(20)];
  const bits = view.getUint8(24) * (channelsOf[view.getUint8(25)] ?? 4);
  return Math.ceil(width * bits / 8) * height + 8 * (width + height) + height;
}
