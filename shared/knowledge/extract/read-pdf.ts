import { getDocumentProxy, getResolvedPDFJS } from "unpdf";
import { DocumentError } from "../document-error.ts";
import { assertModestPdf } from "./assert-modest-pdf.ts";
import { corrupt, orCorrupt } from "./corrupt.ts";
import { encodePng, type PdfImage } from "./encode-png.ts";
import type { ExtractedText, ListReadings, PagePicture } from "./extracted-text.ts";
import { assertTextLength, PICTURES_AT_ONCE } from "./limits.ts";
import { listPagePictures } from "./list-page-pictures.ts";
import { linesOfPage, type PdfLine, type PdfTextItem } from "./pdf-lines.ts";
import { pagesToMarkdown } from "./pdf-to-markdown.ts";

const MAX_PAGES = 2000;
/** A vision model is paid for each of them. */
const MAX_SCANNED_PAGES = 200;
/** Of all pages: a document is not refused for the pictures that it begins and ends with. */
const MAX_COVERS = 0.1;
/** What vision providers take. */
const MAX_PICTURE_BYTES = 20 * 1024 * 1024;

/**
 * The text of a PDF as Markdown, with the offsets of its pages: paragraphs, headings by the size of
 * their letters, tables by the gaps in their lines. A page that is a picture is what was read of it,
 * or is handed out to be read, or is refused where it may not be read. Blank pages are left out.
 *
 * @throws DocumentError DOCUMENT_CORRUPT, DOCUMENT_ENCRYPTED, DOCUMENT_SCANNED, DOCUMENT_TOO_LARGE.
 */
export async function readPdf(
  bytes: Uint8Array,
  listReadings?: ListReadings,
): Promise<ExtractedText> {
  await getResolvedPDFJS();
  const pages = await orCorrupt("PDF", () => readLines(bytes));
  const wordless = pages.flatMap((lines, index) => lines.length === 0 ? [index + 1] : []);
  const known = wordless.length > 0 && listReadings ? await listReadings(wordless) : null;
  const readings = known ?? new Map<number, string>();
  // A cover or two among many pages of text are left out, as the pictures on those pages are.
  const isText = known === null && wordless.length <= MAX_COVERS * pages.length;
  const unread = isText ? [] : wordless.filter((page) => !readings.has(page));
  const { pictures, drawn } = unread.length > 0
    ? await orCorrupt("PDF", () => takePictures(bytes, unread))
    : { pictures: [], drawn: [] };
  const isScanned = readings.size + pictures.length > 0;
  if (isScanned) assertReadable(pictures, drawn, wordless, known !== null);
  if (!isScanned && wordless.length === pages.length) throw withoutText();
  return {
    ...pagesToMarkdown(pages.map((lines, index) => readings.get(index + 1) ?? lines)),
    ...(pictures.length > 0 && { pictures }),
  };
}

/** The first pages that are pictures, and those up to there that are drawn without one. */
async function takePictures(bytes: Uint8Array, pages: number[]) {
  const pictures: PagePicture[] = [];
  const drawn: number[] = [];
  for await (const { page, image } of listPagePictures(bytes, pages)) {
    if (image) pictures.push({ page, png: await toPng(image, page) });
    else drawn.push(page);
    if (pictures.length === PICTURES_AT_ONCE) break;
  }
  return { pictures, drawn };
}

async function toPng(image: PdfImage, page: number): Promise<Uint8Array> {
  const png = await encodePng(image);
  if (png.length <= MAX_PICTURE_BYTES) return png;
  throw new DocumentError(
    "DOCUMENT_TOO_LARGE",
    `The picture of page ${page} of the PDF has more than 20 MB; scan it in grey or with fewer dots an inch.`,
  );
}

/** Throws for the pages of a scan that are not to be read, or cannot be. */
function assertReadable(
  pictures: PagePicture[],
  drawn: number[],
  wordless: number[],
  isAllowed: boolean,
): void {
  if (!isAllowed) {
    const more = wordless.length > pictures.length ? " and perhaps more" : "";
    throw new DocumentError(
      "DOCUMENT_SCANNED",
      `${
        nameOf(pictures.map(({ page }) => page))
      }${more} of the PDF: a picture without text. Let a training set that holds the document read scans (reads_scans) and retry, or run text recognition (OCR) on the PDF and upload the result.`,
    );
  }
  if (drawn.length > 0) {
    throw new DocumentError(
      "DOCUMENT_SCANNED",
      `${
        nameOf(drawn)
      } of the PDF: neither text nor a picture of the whole page; run text recognition (OCR) on it and upload the result.`,
    );
  }
  if (wordless.length > MAX_SCANNED_PAGES) {
    throw new DocumentError(
      "DOCUMENT_TOO_LARGE",
      `The PDF has more than ${MAX_SCANNED_PAGES} pages without text; split it and upload the parts.`,
    );
  }
}

function nameOf(pages: number[]): string {
  return `${pages.length > 1 ? "Pages" : "Page"} ${pages.join(", ")}`;
}

async function readLines(bytes: Uint8Array): Promise<PdfLine[][]> {
  assertModestPdf(bytes);
  // The library takes the buffer away from whoever gave it.
  const pdf = await getDocumentProxy(bytes.slice(), {
    verbosity: 0,
    disableFontFace: true,
    useSystemFonts: false,
  }).catch((error) => {
    throw error.name === "PasswordException" ? encrypted(error) : corrupt("PDF", error);
  });
  try {
    return await readPages(pdf);
  } finally {
    await pdf.loadingTask.destroy();
  }
}

interface Pdf {
  numPages: number;
  getPage(number: number): Promise<{
    getTextContent(): Promise<{ items: readonly (PdfTextItem | { type: string })[] }>;
    cleanup(): void;
  }>;
}

async function readPages(pdf: Pdf): Promise<PdfLine[][]> {
  if (pdf.numPages > MAX_PAGES) {
    throw new DocumentError(
      "DOCUMENT_TOO_LARGE",
      `The PDF has more than ${MAX_PAGES} pages; split it and upload the parts.`,
    );
  }
  const pages: PdfLine[][] = [];
  let length = 0;
  for (let number = 1; number <= pdf.numPages; number++) {
    const page = await pdf.getPage(number);
    const { items } = await page.getTextContent();
    const lines = linesOfPage(items.filter((item) => "str" in item));
    for (const { cells } of lines) for (const { text } of cells) length += text.length;
    assertTextLength(length);
    pages.push(lines);
    page.cleanup();
  }
  return pages;
}

function withoutText(): DocumentError {
  return new DocumentError(
    "DOCUMENT_SCANNED",
    "The PDF has neither text nor pictures of pages that can be read (those of a protected PDF cannot); run text recognition (OCR) on it and upload the result.",
  );
}

function encrypted(cause: unknown): DocumentError {
  return new DocumentError(
    "DOCUMENT_ENCRYPTED",
    "The PDF is protected by a password; save it without one and upload it again.",
    { cause },
  );
}
