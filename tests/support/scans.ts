import { decode } from "fast-png";
import { zlibSync } from "fflate";
import { renderDrawing } from "../../scripts/support/render-drawing.ts";
import { type PdfText, toOperators, toStream, writePdf } from "./documents.ts";

/** A picture in a PDF: what its dictionary says, and its bytes. */
export interface PdfPicture {
  dictionary: string;
  body: Uint8Array;
}

/** A page of a PDF; what is left out is not on it. */
export interface PdfPage {
  texts?: PdfText[];
  /** Each over the whole page, or where `place` puts it. */
  pictures?: PdfPicture[];
  /** Matrices of the pictures. */
  places?: string[];
  /** Operators in front of all else. */
  content?: string;
}

const wholePage = "595 0 0 842 0 0";

/** A PDF of A4 pages with pictures. */
export function makeScan(pages: PdfPage[]): Uint8Array<ArrayBuffer> {
  const objects = [
    "<< /Type /Catalog /Pages 2 0 R >>",
    "",
    "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
  ];
  const kids = pages.map(({ texts = [], pictures = [], places = [], content = "" }) => {
    const names = pictures.map(({ dictionary, body }, at) => {
      const bytes = Array.from(body, (byte) => String.fromCharCode(byte)).join("");
      objects.push(toStream(bytes, ` /Type /XObject /Subtype /Image ${dictionary}`));
      return `/P${at} ${objects.length} 0 R`;
    });
    const painted = pictures.map((_, at) => `q ${places[at] ?? wholePage} cm /P${at} Do Q`);
    objects.push(toStream([content, ...painted, ...texts.map(toOperators)].join("\n"), ""));
    objects.push(
      `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents ${objects.length} 0 R` +
        ` /Resources << /Font << /F1 3 0 R >> /XObject << ${names.join(" ")} >> >> >>`,
    );
    return `${objects.length} 0 R`;
  });
  objects[1] = `<< /Type /Pages /Count ${pages.length} /Kids [${kids.join(" ")}] >>`;
  return writePdf(objects);
}

/** A picture without loss: rows of bits, or a byte for each channel of each pixel. */
export function flatePicture(
  width: number,
  height: number,
  data: Uint8Array,
  { bits = 8, space = data.length === width * height * 3 ? "RGB" : "Gray" } = {},
): PdfPicture {
  return {
    dictionary: `/Width ${width} /Height ${height} /ColorSpace /Device${space}` +
      ` /BitsPerComponent ${bits} /Filter /FlateDecode`,
    body: zlibSync(data),
  };
}

/** A page of a scan: these lines in large print, as a scanner sees them. */
export async function scanOf(...lines: string[]): Promise<PdfPicture> {
  const [width, height] = [1240, 1754];
  const texts = lines.map((line, at) =>
    `<text x="120" y="${200 + 60 * at}">${line.replaceAll("&", "&amp;")}</text>`
  );
  const png = await renderDrawing(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"
      font-family="DejaVu Sans" font-size="34"><rect width="${width}" height="${height}"
      fill="white"/>${texts.join("")}</svg>`,
  );
  const { data, channels } = decode(png);
  const grey = Uint8Array.from({ length: width * height }, (_, pixel) => data[pixel * channels]!);
  return flatePicture(width, height, grey);
}
