import { getDocumentProxy, getResolvedPDFJS } from "unpdf";
import { DocumentError } from "../document-error.ts";
import { assertModestPdf } from "./assert-modest-pdf.ts";
import { corrupt, orCorrupt } from "./corrupt.ts";
import type { ExtractedText } from "./extracted-text.ts";
import { assertTextLength } from "./limits.ts";
import { linesOfPage, type PdfLine, type PdfTextItem } from "./pdf-lines.ts";
import { pagesToMarkdown } from "./pdf-to-markdown.ts";

const MAX_PAGES = 2000;

/**
 * The text of a PDF as Markdown, with the offsets of its pages: paragraphs, headings by the size of
 * their letters, tables by the gaps in their lines. Pictures are not read.
 *
 * @throws DocumentError DOCUMENT_CORRUPT, DOCUMENT_ENCRYPTED, DOCUMENT_SCANNED, DOCUMENT_TOO_LARGE.
 */
export async function readPdf(bytes: Uint8Array): Promise<ExtractedText> {
  await getResolvedPDFJS();
  return await orCorrupt("PDF", async () => {
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
  });
}

interface Pdf {
  numPages: number;
  getPage(number: number): Promise<{
    getTextContent(): Promise<{ items: readonly (PdfTextItem | { type: string })[] }>;
    cleanup(): void;
  }>;
}

async function readPages(pdf: Pdf): Promise<ExtractedText> {
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
  if (length === 0) {
    throw new DocumentError(
      "DOCUMENT_SCANNED",
      "The PDF holds pictures of pages and no text; run text recognition (OCR) on it and upload the result.",
    );
  }
  return pagesToMarkdown(pages);
}

function encrypted(cause: unknown): DocumentError {
  return new DocumentError(
    "DOCUMENT_ENCRYPTED",
    "The PDF is protected by a password; save it without one and upload it again.",
    { cause },
  );
}
