import { encode } from "fast-png";
import { describe, expect, test } from "vitest";
import { assertCrop } from "../../../shared/enrichment/assert-crop.ts";

/** A PNG image, white, with its header changed to declare another size. */
function png(width: number, height: number, declared: { width?: number; height?: number } = {}) {
  const bytes = encode({ width, height, channels: 1, data: new Uint8Array(width * height) });
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  view.setUint32(16, declared.width ?? width);
  view.setUint32(20, declared.height ?? height);
  return bytes;
}

function codeOf(bytes: Uint8Array): string | undefined {
  try {
    assertCrop(bytes);
  } catch (error) {
    return (error as { code: string }).code;
  }
}

describe("assertCrop", () => {
  test("says how large an image is", () => {
    expect(assertCrop(png(30, 20))).toEqual({ width: 30, height: 20 });
  });

  test("reads a view into a larger buffer", () => {
    const bytes = png(3, 2);
    const larger = new Uint8Array(bytes.length + 7);
    larger.set(bytes, 7);

    expect(assertCrop(larger.subarray(7))).toEqual({ width: 3, height: 2 });
  });

  test.each([
    ["nothing", new Uint8Array()],
    ["text", new TextEncoder().encode("a crop, or so they say, of more than forty-five bytes")],
    ["JPEG", new Uint8Array([0xff, 0xd8, 0xff, 0xe0, ...Array(100).fill(0)])],
    ["a PNG image that is cut off", png(30, 20).slice(0, -5)],
    ["no pixels", png(1, 1, { width: 0 })],
  ])("refuses %s", (_, bytes) => {
    expect(codeOf(bytes)).toBe("CROP_INVALID");
  });

  test.each([
    ["that declares 16,384 by 16,384 pixels", png(1, 1, { width: 16_384, height: 16_384 })],
    ["that declares 100,000 by 100,000 pixels", png(1, 1, { width: 100_000, height: 100_000 })],
    ["that declares 4,294,967,295 by 1 pixels", png(1, 1, { width: 0xffffffff })],
    ["of more than 20 MB", new Uint8Array(20 * 1024 * 1024 + 1)],
  ])("refuses an image %s before it is decoded", (_, bytes) => {
    expect(codeOf(bytes)).toBe("CROP_TOO_LARGE");
  });
});
