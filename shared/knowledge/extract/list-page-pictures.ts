import { getDocumentProxy, getResolvedPDFJS } from "unpdf";
import { DocumentError } from "../document-error.ts";
import { disarmPictures } from "./disarm-pictures.ts";
import type { PdfImage } from "./encode-png.ts";
import { MAX_PICTURE_PIXELS } from "./limits.ts";
import { type OperatorList, type PageContent, placePictures } from "./place-pictures.ts";

/** A page without text that is not blank: its picture, or null when it has none of its size. */
export interface PictorialPage {
  page: number;
  image: PdfImage | null;
}

interface Objects {
  get(id: string, take: (image: PdfImage | null) => void): void;
}

/** What is used of a page of pdf.js. */
interface Page {
  /** Left, bottom, right, top in points. */
  view: number[];
  objs: Objects;
  commonObjs: Objects;
  getOperatorList(): Promise<OperatorList>;
  cleanup(): void;
}

/** Of a page: a smaller picture is no scan of it. */
const SCAN_SHARE = 0.5;
/** Of all pixels: a page that was cut into strips has no picture. */
const WHOLE_SHARE = 0.8;

/**
 * Those of the given pages that are not blank, one by one: a picture is decoded when its page is
 * reached, and costs up to 200 MB until then it is let go.
 *
 * @throws DocumentError DOCUMENT_SCANNED and DOCUMENT_TOO_LARGE for a picture that cannot be read.
 */
export async function* listPagePictures(
  bytes: Uint8Array,
  pages: readonly number[],
): AsyncGenerator<PictorialPage> {
  const { OPS } = await getResolvedPDFJS();
  const { bytes: data, hasHuge, hasOdd, isLocked } = disarmPictures(bytes);
  const pdf = await getDocumentProxy(data, {
    verbosity: 0,
    disableFontFace: true,
    useSystemFonts: false,
    // None of a protected PDF: what its pictures are shows when they are decoded.
    maxImageSize: isLocked ? 0 : MAX_PICTURE_PIXELS,
  });
  try {
    for (const number of pages) {
      const page: Page = await pdf.getPage(number);
      const content = placePictures(await page.getOperatorList(), OPS);
      const id = findScan(content, page, number);
      const isMissing = !id && content.hasPlaces && (hasHuge || hasOdd);
      if (isMissing) throw hasHuge ? tooLarge(number) : unreadable(number);
      if (id) {
        const image = await load(page, id);
        if (!image?.data) throw hasHuge ? tooLarge(number) : unreadable(number);
        yield { page: number, image };
      } else if (content.pictures.length > 0 || content.drawingCount > 1) {
        yield { page: number, image: null };
      }
      page.cleanup();
    }
  } finally {
    await pdf.loadingTask.destroy();
  }
}

/** The picture that is the page, if there is one. */
function findScan(
  { pictures }: PageContent,
  { view: [left = 0, bottom = 0, right = 0, top = 0] }: Page,
  number: number,
): string | null {
  const sum = (of: "area" | "pixels") => pictures.reduce((sum, picture) => sum + picture[of], 0);
  if (sum("area") < SCAN_SHARE * Math.abs((right - left) * (top - bottom))) return null;
  const [largest] = pictures.toSorted((a, b) => b.pixels - a.pixels);
  if (largest!.pixels >= WHOLE_SHARE * sum("pixels")) return largest!.id;
  throw new DocumentError(
    "DOCUMENT_SCANNED",
    `Page ${number} of the PDF is put together of several pictures, which are not read; run text recognition (OCR) on it and upload the result.`,
  );
}

function load(page: Page, id: string): Promise<PdfImage | null> {
  const { promise, resolve } = Promise.withResolvers<PdfImage | null>();
  // What several pages share lies with the document.
  (id.startsWith("g_") ? page.commonObjs : page.objs).get(id, resolve);
  return promise;
}

function tooLarge(number: number): DocumentError {
  return new DocumentError(
    "DOCUMENT_TOO_LARGE",
    `The picture of page ${number} of the PDF has more than 12 million pixels; scan it again with fewer dots an inch (300 are enough for A4).`,
  );
}

function unreadable(number: number): DocumentError {
  return new DocumentError(
    "DOCUMENT_SCANNED",
    `The picture of page ${number} of the PDF is damaged, or coded in a way that is not read (JBIG2, JPEG 2000, fax); run text recognition (OCR) on it and upload the result.`,
  );
}
