import {
  docxParagraph,
  docxTable,
  makeDocx,
  makePdf,
  utf8,
} from "../../tests/support/documents.ts";
import {
  documentKinds,
  makeDocumentParts,
  wordsFrom,
} from "../../tests/support/edited-documents.ts";

/** A file as somebody keeps it. */
export interface MixedDocument {
  name: string;
  mimeType: string;
  bytes: Uint8Array<ArrayBuffer>;
}

const docx = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";

/**
 * One file of each format: text to its limit of 10 MB, the others with the pictures and scripts that
 * make up most of such files, and a megabyte or two of text in each.
 */
export function makeMixedDocuments(): MixedDocument[] {
  const prose = (length: number, seed: number) =>
    makeDocumentParts(documentKinds["plain prose"]!, length, seed);
  return [
    { name: "a.txt", mimeType: "text/plain", bytes: utf8(prose(9_900_000, 1).join("")) },
    { name: "b.md", mimeType: "text/markdown", bytes: utf8(markdown(2_000_000)) },
    { name: "c.html", mimeType: "text/html", bytes: utf8(page(prose(1_000_000, 3))) },
    { name: "d.csv", mimeType: "text/csv", bytes: utf8(table(20_000)) },
    { name: "e.docx", mimeType: docx, bytes: wordDocument(prose(1_000_000, 5)) },
    { name: "f.pdf", mimeType: "application/pdf", bytes: pdf(250) },
  ];
}

function markdown(length: number): string {
  return makeDocumentParts(documentKinds["many short sections"]!, length, 2).join("");
}

function page(paragraphs: string[]): string {
  const script = `<script>const data = ${JSON.stringify("x".repeat(8_000_000))}</script>`;
  const body = paragraphs.map((text) => `<p>${text.replaceAll("gauge", "<b>gauge</b>")}</p>`);
  return `<!doctype html><html><head><title>Page</title>${script}</head><body><main>${
    body.join("\n")
  }</main></body></html>`;
}

function table(rows: number): string {
  const words = wordsFrom(4);
  const lines = Array.from({ length: rows }, (_, at) => `${at},${words(2)},${words(9)}`);
  return `number,place,note\n${lines.join("\n")}\n`;
}

function wordDocument(paragraphs: string[]): Uint8Array<ArrayBuffer> {
  const body = paragraphs.map((text, at) =>
    at % 10 === 0
      ? docxParagraph(`Part ${at}`, 2) + docxTable([["a", "b"], [text, `${at}`]])
      : docxParagraph(text)
  );
  return makeDocx(body.join(""), { "word/media/image1.png": noise(8_000_000) });
}

function pdf(pages: number): Uint8Array<ArrayBuffer> {
  const words = wordsFrom(6);
  const text = Array.from({ length: pages }, (_, page) => [
    { text: `Chapter ${page}`, y: 800, size: 18 },
    ...Array.from({ length: 45 }, (_, line) => ({ text: words(12), y: 770 - 14 * line })),
  ]);
  return makePdf(text, { isDeflated: true, picture: new TextDecoder("latin1").decode(noise(8e6)) });
}

/** Bytes that no zip makes smaller. */
function noise(length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  for (let start = 0; start < length; start += 65_536) {
    crypto.getRandomValues(bytes.subarray(start, start + 65_536));
  }
  return bytes;
}
