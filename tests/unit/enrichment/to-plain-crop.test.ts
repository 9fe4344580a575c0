import { decode, encode } from "fast-png";
import fc from "fast-check";
import { zlibSync } from "fflate";
import { describe, expect, test } from "vitest";
import { assertCrop } from "../../../shared/enrichment/assert-crop.ts";
import { toPlainCrop } from "../../../shared/enrichment/to-plain-crop.ts";
import { header, makePng, pngAttacks } from "../../support/png-attacks.ts";

/** As a job does it. */
async function check(bytes: Uint8Array): Promise<Uint8Array> {
  assertCrop(bytes);
  return await toPlainCrop(bytes);
}

const drawing = fc.record({
  width: fc.integer({ min: 1, max: 40 }),
  height: fc.integer({ min: 1, max: 40 }),
  channels: fc.constantFrom(1, 2, 3, 4),
  depth: fc.constantFrom(8, 16),
}).map(({ width, height, channels, depth }) => {
  const length = width * height * channels;
  const samples = depth === 8 ? new Uint8Array(length) : new Uint16Array(length);
  return encode({
    width,
    height,
    channels,
    depth: depth as 8 | 16,
    data: samples.map((_, at) => at * 31),
  });
});

describe("toPlainCrop", () => {
  test("leaves every picture as it is", async () => {
    await fc.assert(fc.asyncProperty(drawing, async (png) => {
      expect(await check(png)).toEqual(png);
    }));
  });

  test("takes away what is no picture", async () => {
    const profile = new Uint8Array(200);
    profile.set(new TextEncoder().encode("acsp"), 36);
    const size = header(2, 1);
    const pixels: [string, Uint8Array] = ["IDAT", zlibSync(Uint8Array.of(0, 7, 9))];
    const text = (words: string) => new TextEncoder().encode(words);
    const loaded = makePng(
      size,
      ["iCCP", [97, 0, 0, ...zlibSync(profile)]],
      ["eXIf", text("GPS 47.1 N")],
      ["tEXt", text("Comment\0secret")],
      pixels,
      ["IEND", []],
    );

    const plain = await check(loaded);

    expect(plain).toEqual(makePng(size, pixels, ["IEND", []]));
    expect([...decode(plain).data]).toEqual([7, 9]);
  });

  test.each(pngAttacks().map(({ name, bytes }) => [name, bytes] as const))(
    "refuses a crop with %s, in flat memory",
    async (_, bytes) => {
      const before = Deno.memoryUsage().rss;

      await expect(check(bytes)).rejects.toMatchObject({
        name: "CropError",
        code: expect.stringMatching(/^CROP_(INVALID|TOO_LARGE)$/),
      });

      expect(Deno.memoryUsage().rss - before).toBeLessThan(64 * 1024 * 1024);
    },
  );

  test("refuses a picture that is cut off anywhere", async () => {
    const png = encode({ width: 9, height: 9, channels: 1, data: new Uint8Array(81).fill(7) });

    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: png.length - 1 }), async (length) => {
        await expect(check(png.slice(0, length))).rejects.toMatchObject({ code: "CROP_INVALID" });
      }),
    );
  });
});
