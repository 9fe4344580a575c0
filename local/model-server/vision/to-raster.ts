import { convertIndexedToRgb, decode, type DecodedPng } from "fast-png";
import { plainPng } from "./plain-png.ts";
import type { Raster } from "./raster.ts";

/**
 * Decodes a PNG image, whose size has been checked, to grey. What is transparent is paper; a
 * drawing in white on dark is turned to dark on white. Throws when the image is broken.
 */
export function toRaster(png: Uint8Array): Raster {
  const image = decode(plainPng(png), { checkCrc: true });
  const { width, height } = image;
  const { data, channels, max } = samples(image);
  const hasAlpha = channels === 2 || channels === 4;
  const colours = hasAlpha ? channels - 1 : channels;
  const ink = new Uint8Array(width * height);
  for (let pixel = 0, at = 0; pixel < ink.length; pixel++, at += channels) {
    const light = colours === 1
      ? data[at]!
      : 0.299 * data[at]! + 0.587 * data[at + 1]! + 0.114 * data[at + 2]!;
    const cover = hasAlpha ? data[at + channels - 1]! / max : 1;
    ink[pixel] = 255 * (1 - light / max) * cover;
  }
  if (isMostlyDark(ink)) ink.forEach((value, pixel) => ink[pixel] = 255 - value);
  return { width, height, ink };
}

interface Samples {
  data: ArrayLike<number>;
  channels: number;
  max: number;
}

function samples(image: DecodedPng): Samples {
  const { data, depth, channels, palette, width } = image;
  if (palette) {
    return { data: convertIndexedToRgb(image), channels: palette[0]?.length ?? 3, max: 255 };
  }
  if (depth >= 8) return { data, channels, max: depth === 16 ? 65535 : 255 };
  const rowBytes = Math.ceil(width * depth / 8);
  const max = (1 << depth) - 1;
  const unpacked = new Uint8Array(width * image.height);
  for (let pixel = 0; pixel < unpacked.length; pixel++) {
    const bit = (pixel % width) * depth;
    const byte = data[Math.floor(pixel / width) * rowBytes + (bit >> 3)]!;
    unpacked[pixel] = (byte >> (8 - depth - bit % 8)) & max;
  }
  return { data: unpacked, channels, max };
}

function isMostlyDark(ink: Uint8Array): boolean {
  let dark = 0;
  for (const value of ink) if (value > 127) dark++;
  return dark > ink.length / 2;
}
