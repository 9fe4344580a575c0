import { encode } from "fast-png";
import fc from "fast-check";
import { deflateSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { findMarks } from "../../../../local/model-server/vision/find-marks.ts";
import { plainPng } from "../../../../local/model-server/vision/plain-png.ts";
import { readImage } from "../../../../local/model-server/vision/read-image.ts";
import { resize } from "../../../../local/model-server/vision/resize.ts";
import { toRaster } from "../../../../local/model-server/vision/to-raster.ts";
import { randomNumbers } from "../../../support/random-numbers.ts";

const picture = fc.integer({ min: 1, max: 12 }).chain((width) =>
  fc.array(fc.constantFrom(0, 0, 255), { minLength: width, maxLength: 144 }).map((pixels) => {
    const height = Math.floor(pixels.length / width);
    return { width, height, ink: Uint8Array.from(pixels.slice(0, width * height)) };
  })
);

/** The components by painting one pixel after the other: slow, and plain to see. */
function flood(
  { width, height, ink }: { width: number; height: number; ink: Uint8Array },
): number[] {
  const rest = new Set([...ink.keys()].filter((pixel) => ink[pixel]! > 0));
  const areas: number[] = [];
  while (rest.size > 0) {
    const open = [...rest].slice(0, 1);
    rest.delete(open[0]!);
    let area = 0;
    for (let pixel = open.pop(); pixel !== undefined; pixel = open.pop()) {
      area++;
      const [x, y] = [pixel % width, Math.floor(pixel / width)];
      for (let v = Math.max(0, y - 1); v <= Math.min(height - 1, y + 1); v++) {
        for (let u = Math.max(0, x - 1); u <= Math.min(width - 1, x + 1); u++) {
          if (rest.delete(v * width + u)) open.push(v * width + u);
        }
      }
    }
    areas.push(area);
  }
  return areas.sort((a, b) => a - b);
}

describe("marks", () => {
  test("are the connected components of the ink", () => {
    fc.assert(
      fc.property(picture, (raster) => {
        const marks = findMarks(raster, 128);

        expect(marks.map(({ area }) => area).sort((a, b) => a - b)).toEqual(flood(raster));
      }),
      { numRuns: 300 },
    );
  });

  test("lie in their boxes, and their runs are all the ink", () => {
    fc.assert(fc.property(picture, (raster) => {
      const drawn = new Uint8Array(raster.ink.length);
      for (const { runs, left, right, top, bottom } of findMarks(raster, 128)) {
        for (let i = 0; i < runs.length; i += 3) {
          const [row, from, to] = [runs[i]!, runs[i + 1]!, runs[i + 2]!];
          expect(row >= top && row < bottom && from >= left && to <= right).toBe(true);
          drawn.fill(255, row * raster.width + from, row * raster.width + to);
        }
      }

      expect(drawn).toEqual(raster.ink);
    }));
  });
});

describe("an image", () => {
  test.each(
    [
      ["grey", { channels: 1, depth: 8, data: Uint8Array.of(255, 0, 255, 255) }],
      ["grey of 16 bits", { channels: 1, depth: 16, data: Uint16Array.of(65535, 0, 65535, 65535) }],
      ["colours", {
        channels: 3,
        depth: 8,
        data: Uint8Array.of(255, 255, 255, 0, 0, 0, 255, 255, 255, 255, 255, 255),
      }],
      ["a transparent ground", {
        channels: 4,
        depth: 8,
        data: Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 255, 9, 9, 9, 0, 0, 0, 0, 0),
      }],
      ["white on black", { channels: 1, depth: 8, data: Uint8Array.of(0, 255, 0, 0) }],
    ] as const,
  )("in %s is ink on paper", (_, image) => {
    const png = encode({ width: 2, height: 2, ...image });

    expect([...toRaster(png).ink]).toEqual([0, 255, 0, 0]);
  });

  test("of one bit a pixel is ink on paper", () => {
    const ihdr = [0, 0, 0, 3, 0, 0, 0, 2, 1, 0, 0, 0, 0];
    const png = assemble([["IHDR", ihdr], [
      "IDAT",
      deflateSync(Uint8Array.of(0, 0b10100000, 0, 0b11100000)),
    ]]);

    expect([...toRaster(png).ink]).toEqual([0, 255, 0, 0, 0, 0]);
  });

  test("that packs more than its picture is refused before it is unpacked", () => {
    const bomb = assemble([
      ["IHDR", [0, 0, 0, 9, 0, 0, 0, 9, 8, 0, 0, 0, 0]],
      ["IDAT", deflateSync(new Uint8Array(10_000_000))],
    ]);

    expect(() => plainPng(bomb)).toThrow("packs more than its picture");
  });

  test("loses what is no picture, which may be packed as well", () => {
    const plain = encode({ width: 2, height: 1, channels: 1, data: Uint8Array.of(1, 2) });
    const profile = chunk("iCCP", deflateSync(new Uint8Array(1_000_000)));
    const loaded = Uint8Array.from([...plain.slice(0, 33), ...profile, ...plain.slice(33)]);

    expect(plainPng(loaded)).toEqual(plainPng(plain));
  });

  test("that is cut off anywhere is refused", () => {
    const png = encode({ width: 9, height: 9, channels: 1, data: new Uint8Array(81).fill(7) });

    fc.assert(fc.property(fc.integer({ min: 33, max: png.length - 1 }), (length) => {
      expect(() => toRaster(png.slice(0, length))).toThrow();
    }));
  });

  test("of nothing but noise is given up in seconds, whatever its grain", async () => {
    const random = randomNumbers(7);
    const ink = Uint8Array.from({ length: 2_400 * 2_400 }, () => random() < 0.3 ? 255 : 0);
    let lines = 0;
    const recognise = () => {
      lines++;
      return Promise.resolve([]);
    };

    const { drawing, page } = await readImage(
      { width: 2_400, height: 2_400, ink },
      recognise,
      new AbortController().signal,
    );

    expect([drawing.description, page.markdown]).toEqual(["", ""]);
    expect(lines).toBeLessThanOrEqual(2_000);
  });

  test("keeps its ink when it is made larger and smaller", () => {
    const ink = new Uint8Array(400);
    for (let row = 5; row < 15; row++) ink.fill(200, row * 20 + 5, row * 20 + 15);

    const again = resize(resize({ width: 20, height: 20, ink }, 2), 0.5);

    expect([again.width, again.height, again.ink[10 * 20 + 10]]).toEqual([20, 20, 200]);
    expect(again.ink[0]).toBe(0);
  });
});

function assemble(chunks: [string, ArrayLike<number>][]): Uint8Array {
  const signature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
  return Uint8Array.from([
    ...signature,
    ...chunks.flatMap(([type, data]) => chunk(type, data)),
    ...chunk("IEND", []),
  ]);
}

/** Source of the check sum: https://www.w3.org/TR/png-3/#D-CRCAppendix. */
function chunk(type: string, data: ArrayLike<number>): number[] {
  const body = [...new TextEncoder().encode(type), ...Array.from(data)];
  let sum = 0xffffffff;
  for (const byte of body) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit++) sum = sum & 1 ? (sum >>> 1) ^ 0xedb88320 : sum >>> 1;
  }
  const number = (value: number) =>
    [value >>> 24, value >>> 16, value >>> 8, value].map((b) => b & 255);
  return [...number(data.length), ...body, ...number(~sum >>> 0)];
}
