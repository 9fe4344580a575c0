import { CropError } from "./crop-error.ts";

/** Of the bucket: see its migration. */
const maxBytes = 20 * 1024 * 1024;
/** A sheet of 42 by 30 inches at 200 dots an inch; decoded it takes four bytes for each. */
const maxPixels = 50_000_000;
const maxSide = 16_384;

const signature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

/**
 * Reads the size of a PNG image from its header, before anybody decodes it: 65 bytes may declare
 * gigabytes. Throws `CropError` for what is no whole PNG image and for what is too large.
 * Source: https://www.w3.org/TR/png-3/#5PNG-file-signature and #11IHDR.
 */
export function assertCrop(bytes: Uint8Array): { width: number; height: number } {
  if (bytes.byteLength > maxBytes) {
    throw new CropError("CROP_TOO_LARGE", "The crop has more than 20 MB");
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (
    bytes.byteLength < 45 || signature.some((byte, index) => bytes[index] !== byte) ||
    view.getUint32(8) !== 13 || view.getUint32(12) !== 0x49484452
  ) {
    throw new CropError("CROP_INVALID", "The crop is not a PNG image");
  }
  if (view.getUint32(bytes.byteLength - 8) !== 0x49454e44) {
    throw new CropError("CROP_INVALID", "The crop is cut off: upload it again");
  }
  const width = view.getUint32(16);
  const height = view.getUint32(20);
  if (width === 0 || height === 0) {
    throw new CropError("CROP_INVALID", "The crop has no pixels");
  }
  if (width > maxSide || height > maxSide || width * height > maxPixels) {
    throw new CropError(
      "CROP_TOO_LARGE",
      `The crop has ${width} by ${height} pixels: at most 50 million, and 16,384 on a side`,
    );
  }
  return { width, height };
}
