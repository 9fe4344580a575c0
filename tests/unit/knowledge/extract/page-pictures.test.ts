import fc from "fast-check";
import { decode } from "fast-png";
import { zlibSync } from "fflate";
import { describe, expect, test } from "vitest";
import { chunkDocument } from "../../../../shared/knowledge/chunk-document.ts";
import { encodePng } from "../../../../shared/knowledge/extract/encode-png.ts";
import { extractText } from "../../../../shared/knowledge/extract-text.ts";
import { toChunkMetadata } from "../../../../shared/knowledge/to-chunk-metadata.ts";
import { linesFromTop } from "../../../support/documents.ts";
import { makeJpeg } from "../../../support/jpeg.ts";
import { flatePicture, makeScan, type PdfPage, type PdfPicture } from "../../../support/scans.ts";

const [width, height] = [120, 160];
const greys = Uint8Array.from({ length: width * height }, (_, at) => at % 251);
const grey = flatePicture(width, height, greys);
const page = (picture: PdfPicture, place?: string): PdfPage => ({
  pictures: [picture],
  ...(place && { places: [place] }),
});
const words = (text: string): PdfPage => ({ texts: linesFromTop(text) });

/** What becomes of a PDF some of whose pages have been read. */
const read = (pages: PdfPage[], known: [number, string][] = []) =>
  extractText(makeScan(pages), "application/pdf", () => Promise.resolve(new Map(known)));

/** The only picture that is handed out. */
async function pixelsOf(picture: PdfPicture) {
  const { pictures } = await read([page(picture)]);
  expect(pictures).toHaveLength(1);
  return decode(pictures![0]!.png);
}

function jpegPicture(body: Uint8Array, [width, height] = [160, 160]): PdfPicture {
  return {
    dictionary: `/Width ${width} /Height ${height} /ColorSpace /DeviceGray /BitsPerComponent 8` +
      " /Filter /DCTDecode",
    body,
  };
}

describe("encodePng", () => {
  const sizes = { width: fc.integer({ min: 1, max: 40 }), height: fc.integer({ min: 1, max: 40 }) };
  const pictures = fc.record(sizes).chain(({ width, height }) =>
    fc.record({
      width: fc.constant(width),
      height: fc.constant(height),
      data: fc.uint8Array({ minLength: width * height * 3, maxLength: width * height * 3 }),
    })
  );

  test("keeps every pixel of a picture in colour", async () => {
    await fc.assert(fc.asyncProperty(pictures, async (picture) => {
      const { width, height, channels, data } = decode(await encodePng(picture), {
        checkCrc: true,
      });

      const colours = channels === 3 ? data : [...data].flatMap((grey) => [grey, grey, grey]);
      expect([width, height]).toEqual([picture.width, picture.height]);
      expect([...colours]).toEqual([...picture.data]);
    }));
  });

  test("makes a third of what has no colour", async () => {
    const data = Uint8Array.from({ length: 300 }, (_, at) => Math.floor(at / 3));

    expect(decode(await encodePng({ width: 10, height: 10, data }))).toMatchObject({
      channels: 1,
      data: Uint8Array.from({ length: 100 }, (_, at) => at),
    });
  });

  test("puts what is transparent on white", async () => {
    const data = Uint8Array.of(0, 0, 0, 255, 0, 0, 0, 0, 200, 0, 0, 127, 9, 9, 9, 255);

    const { data: colours } = decode(await encodePng({ width: 2, height: 2, data }));

    expect([...colours.slice(0, 6)]).toEqual([0, 0, 0, 255, 255, 255]);
    expect(colours[6]! - 227).toBeLessThanOrEqual(1);
  });

  test("refuses a picture that lacks pixels", async () => {
    await expect(encodePng({ width: 10, height: 10, data: new Uint8Array(299) })).rejects
      .toThrow(RangeError);
  });
});

describe("the picture of a page", () => {
  test("has the pixels that are in the PDF: in grey, in colour, in black and white", async () => {
    const colours = Uint8Array.from({ length: greys.length * 3 }, (_, at) => at % 253);
    const bits = Uint8Array.from({ length: 15 * height }, (_, at) => at % 256);

    expect((await pixelsOf(grey)).data).toEqual(greys);
    expect((await pixelsOf(flatePicture(width, height, colours))).data).toEqual(colours);
    expect(await pixelsOf(flatePicture(width, height, bits, { bits: 1, space: "Gray" })))
      .toMatchObject({ width, height, depth: 1, data: bits });
  });

  test("has the shades of a JPEG", async () => {
    const { data } = await pixelsOf(
      jpegPicture(makeJpeg(20, 20, (column, row) => 12 * column + row)),
    );

    for (let at = 0; at < data.length; at += 97) {
      const [column, row] = [Math.floor(at % 160 / 8), Math.floor(at / 160 / 8)];
      expect(Math.abs(data[at]! - 12 * column - row)).toBeLessThanOrEqual(1);
    }
  });

  test("is found behind the fill bytes of a JPEG", async () => {
    const jpeg = makeJpeg(20, 20, () => 9);
    const filled = Uint8Array.from([...jpeg.subarray(0, 2), 0xff, 0xff, ...jpeg.subarray(2)]);

    expect((await pixelsOf(jpegPicture(filled))).data[0]).toBe(9);
  });

  test("keeps bytes that look like the start of a JPEG by chance", async () => {
    const bytes = greys.slice();
    bytes.set([0xff, 0xd8, 0xff, 0xe0], 100);
    const dictionary = grey.dictionary.replace(" /Filter /FlateDecode", "");

    expect((await pixelsOf({ dictionary, body: bytes })).data).toEqual(bytes);
  });

  test("is ink on paper where it is a stencil", async () => {
    const bits = new Uint8Array(15 * height).fill(0b00001111);
    const dictionary = `/Width ${width} /Height ${height} /ImageMask true /BitsPerComponent 1` +
      " /Filter /FlateDecode";

    // What is 0 is painted.
    expect((await pixelsOf({ dictionary, body: zlibSync(bits) })).data).toEqual(bits);
  });

  test("is found on its side, and inside other frames of reference", async () => {
    const turned = page(grey, "0 842 -595 0 595 0");
    const scaled = { ...page(grey, "0.5 0 0 0.5 0 0"), content: "1190 0 0 1684 0 0 cm" };

    for (const one of [turned, scaled]) expect((await read([one])).pictures).toHaveLength(1);
  });
});

describe("a PDF with scanned pages", () => {
  test("hands out the first three that nobody has read", async () => {
    const pages = Array(6).fill(page(grey));

    const { text, pictures } = await read([words("Contract"), ...pages], [[3, "Third."]]);

    expect(pictures?.map(({ page }) => page)).toEqual([2, 4, 5]);
    expect(text).toBe("Contract\n\nThird.");
  });

  test("is whole when all are read, each page in its place", async () => {
    const long = (letter: string) => `${`${letter.repeat(5)} `.repeat(300)}`;

    const { text, format, pages, pictures } = await read(
      [words("First"), page(grey), page(grey), words("Last")],
      [[2, `# Second\n\n${long("b")}`], [3, ""]],
    );

    expect(pictures).toBeUndefined();
    expect(pages?.map(({ page }) => page)).toEqual([1, 2, 4]);
    const chunks = chunkDocument(text, { format });
    const second = chunks.filter(({ content }) => content.includes("bbbbb"));
    expect(second.length).toBeGreaterThan(0);
    for (const chunk of second) {
      expect(toChunkMetadata(chunk, { pages }).pages).toContain(2);
      expect(chunk.headingPath).toEqual(["Second"]);
    }
  });

  test("of which nothing could be read is empty", async () => {
    await expect(read([page(grey)], [[1, ""]])).rejects.toMatchObject({ code: "DOCUMENT_EMPTY" });
  });

  test.each([
    ["without anybody to ask", undefined],
    ["whose sets read no scans", () => Promise.resolve(null)],
  ])("is refused %s, with page and switch", async (_, listReadings) => {
    const bytes = makeScan([words("Contract"), page(grey), page(grey)]);

    await expect(extractText(bytes, "application/pdf", listReadings)).rejects.toMatchObject({
      code: "DOCUMENT_SCANNED",
      message: expect.stringMatching(/^Pages 2, 3 of the PDF.*\(reads_scans\)/),
    });
  });

  test.each<[string, PdfPage, string, RegExp]>([
    [
      "is drawn in lines",
      { content: "0 0 m 9 9 l S 5 5 m 7 7 l S" },
      "DOCUMENT_SCANNED",
      /^Page 1 .*neither text nor a picture/,
    ],
    [
      "has a small picture only",
      page(grey, "100 0 0 100 0 0"),
      "DOCUMENT_SCANNED",
      /^Page 1 .*neither text nor a picture/,
    ],
    [
      "is cut into strips",
      {
        pictures: [grey, grey, grey],
        places: [0, 1, 2].map((at) => `595 0 0 280 0 ${280 * at}`),
      },
      "DOCUMENT_SCANNED",
      /page 1 .*several pictures/i,
    ],
    [
      "is coded as a fax",
      page({
        dictionary: `/Width ${width} /Height ${height} /ColorSpace /DeviceGray` +
          " /BitsPerComponent 1 /Filter /CCITTFaxDecode",
        body: new Uint8Array(99),
      }),
      "DOCUMENT_SCANNED",
      /page 1 .*coded in a way/,
    ],
    [
      "is a JPEG that is cut off",
      page(jpegPicture(makeJpeg(20, 20, () => 0).slice(0, -9))),
      "DOCUMENT_SCANNED",
      /page 1 .*damaged/,
    ],
    [
      "declares 100,000 by 100,000 pixels",
      page(flatePicture(100_000, 100_000, new Uint8Array(99))),
      "DOCUMENT_TOO_LARGE",
      /page 1 .*12 million pixels/,
    ],
    [
      "is a JPEG of 65,500 by 65,500 pixels that the PDF calls small",
      page(jpegPicture(
        makeJpeg(20, 20, () => 0, { declared: { width: 65_500, height: 65_500 } }),
      )),
      "DOCUMENT_TOO_LARGE",
      /page 1 .*12 million pixels/,
    ],
    [
      "is a JPEG of 65,500 by 65,500 pixels inside another coding",
      page({
        dictionary: jpegPicture(new Uint8Array()).dictionary
          .replace("/DCTDecode", "[/FlateDecode /DCTDecode]"),
        body: zlibSync(makeJpeg(20, 20, () => 0, { declared: { width: 65_500, height: 65_500 } })),
      }),
      "DOCUMENT_SCANNED",
      /page 1 .*coded in a way/,
    ],
    [
      "is a JPEG that is painted a thousand times over",
      page(jpegPicture(makeJpeg(20, 20, () => 0, { passes: 1000 }))),
      "DOCUMENT_TOO_LARGE",
      /page 1 /,
    ],
  ])("is refused where a page %s", async (_, first, code, message) => {
    await expect(read([first, page(grey), words("text")])).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  });

  test("is refused with more pages than anybody should pay for", async () => {
    await expect(read(Array(201).fill(page(grey)))).rejects.toMatchObject({
      code: "DOCUMENT_TOO_LARGE",
      message: expect.stringContaining("more than 200 pages"),
    });
  });

  test("is refused where it is protected: its pictures may be anything", async () => {
    const latin1 = new TextDecoder("latin1").decode(makeScan([page(grey)]));
    const locked = latin1.replace("/Root 1 0 R", "/Root 1 0 R /Info << /Encrypt false >>");
    const bytes = Uint8Array.from(locked, (character) => character.charCodeAt(0));

    await expect(extractText(bytes, "", () => Promise.resolve(new Map()))).rejects.toMatchObject({
      code: "DOCUMENT_SCANNED",
      message: expect.stringContaining("protected"),
    });
  });

  test("holds its memory though a mask declares 40,000 by 40,000 pixels", async () => {
    const before = Deno.memoryUsage().rss;
    const mask = "/Type /XObject /Subtype /Image /Width 40000 /Height 40000" +
      " /ColorSpace /DeviceGray /BitsPerComponent 8";
    const bytes = makeScan([page({ ...grey, dictionary: `${grey.dictionary} /SMask 99 0 R` })]);
    const masked = new TextDecoder("latin1").decode(bytes)
      .replace("xref\n", `99 0 obj\n<< ${mask} /Length 1 >>\nstream\nx\nendstream\nendobj\nxref\n`);

    const { pictures } = await extractText(
      Uint8Array.from(masked, (character) => character.charCodeAt(0)),
      "",
      () => Promise.resolve(new Map()),
    );

    expect(pictures).toHaveLength(1);
    expect(Deno.memoryUsage().rss - before).toBeLessThan(200 * 1024 * 1024);
  });
});

describe("a PDF with text", () => {
  test.each<[string, PdfPage]>([
    ["is blank", {}],
    ["is a coloured sheet", { content: "1 0 0 rg 0 0 595 842 re f" }],
    ["has a small picture only", page(grey, "100 0 0 100 0 0")],
    ["is drawn in lines", { content: "0 0 m 9 9 l S 5 5 m 7 7 l S" }],
    ["is one pixel, stretched", page(flatePicture(1, 1, new Uint8Array(1)))],
  ])("is read without asking though a page %s", async (_, second) => {
    const { text } = await extractText(makeScan([words("First"), second, words("Last")]), "");

    expect(text).toBe("First\n\nLast");
  });

  test("is read with what is written over its pictures", async () => {
    const both = { ...page(grey), ...words("Caption") };

    expect((await extractText(makeScan([both]), "")).text).toBe("Caption");
  });
});

describe("a PDF whose scans may not be read", () => {
  const photograph = page(grey);
  const tenth = (pictures: number) => [
    ...Array.from({ length: pictures }, () => photograph),
    ...Array.from({ length: 10 - pictures }, (_, at) => words(`Chapter ${at}`)),
  ];
  const readWithoutScans = (pages: PdfPage[]) =>
    extractText(makeScan(pages), "application/pdf", () => Promise.resolve(null));

  test("is read without the photograph on its cover", async () => {
    const { text, pictures } = await readWithoutScans(tenth(1));

    expect(text).toMatch(/^Chapter 0/);
    expect(pictures).toBeUndefined();
  });

  test("is refused where more than a tenth of its pages would be lost", async () => {
    await expect(readWithoutScans(tenth(2))).rejects.toMatchObject({
      code: "DOCUMENT_SCANNED",
      message: expect.stringMatching(/^Pages 1, 2 .*reads_scans/),
    });
  });
});
