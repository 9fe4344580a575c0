import { ApiError } from "../api-error.ts";

/** As the product's bucket takes them. */
const maxBytes = 20 * 1024 * 1024;
/** A sheet of 42 by 30 inches at 200 dots an inch. */
const maxPixels = 50_000_000;
const maxSide = 16_384;
const smallestSide = 8;

const signature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

/**
 * Reads the size of a PNG image from its header, before anything is decoded. Throws `ApiError` 400
 * for what is no PNG image or has too many bytes or pixels.
 * Source: https://www.w3.org/TR/png-3/#11IHDR.
 */
export function checkImage(bytes: Uint8Array): { width: number; height: number } {
  if (bytes.byteLength > maxBytes) {
    throw imageError("image_file_too_large", `The image has more than ${maxBytes} bytes.`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (
    bytes.byteLength < 45 || signature.some((byte, index) => bytes[index] !== byte) ||
    view.getUint32(8) !== 13 || view.getUint32(12) !== 0x49484452
  ) {
    throw imageError("unsupported_image_media_type", "The image is not a PNG image.");
  }
  const [width, height] = [view.getUint32(16), view.getUint32(20)];
  if (width > maxSide || height > maxSide || width * height > maxPixels) {
    throw imageError(
      "image_too_large",
      `The image has ${width} by ${height} pixels: at most ${maxPixels}, and ${maxSide} on a side.`,
    );
  }
  if (width < smallestSide || height < smallestSide) {
    throw imageError("image_too_small", `The image has ${width} by ${height} pixels.`);
  }
  return { width, height };
}

/** What OpenAI answers for an image that it cannot use: 400 with one of its codes for images. */
export function imageError(code: string, message: string): ApiError {
  return new ApiError(400, message, { param: "input", code });
}
