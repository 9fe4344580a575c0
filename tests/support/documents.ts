import { zipSync, zlibSync } from "fflate";

/** A line of a PDF's page. Baselines are counted from the lower edge, as in the format. */
export interface PdfText {
  text: string;
  x?: number;
  y: number;
  size?: number;
  /** Running up the page, as on one that lies on its side. */
  isUpward?: boolean;
}

/** Lines one below the other, from the top of a page. */
export function linesFromTop(...texts: string[]): PdfText[] {
  return texts.map((text, at) => ({ text, y: 760 - 14 * at }));
}

/** A PDF in Helvetica, with one list of lines a page. */
export function makePdf(
  pages: PdfText[][],
  { isEncrypted = false, isDeflated = false, picture = "" } = {},
): Uint8Array<ArrayBuffer> {
  const pageId = (at: number) => 4 + 2 * at;
  const objects = [
    "<< /Type /Catalog /Pages 2 0 R >>",
    `<< /Type /Pages /Count ${pages.length} /Kids [${
      pages.map((_, at) => `${pageId(at)} 0 R`).join(" ")
    }] >>`,
    "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ...pages.flatMap((lines, at) => {
      const content = lines.map(toOperators).join("\n");
      return [
        `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents ${pageId(at) + 1} 0 R` +
        " /Resources << /Font << /F1 3 0 R >> >> >>",
        isDeflated ? toStream(deflate(content), " /Filter /FlateDecode") : toStream(content, ""),
      ];
    }),
    // One character a byte, and on no page.
    ...(picture ? [toStream(picture, "")] : []),
  ];
  const trailer = isEncrypted
    ? ` /ID [<00> <00>] /Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O <${"ab".repeat(32)}>` +
      ` /U <${"cd".repeat(32)}> >>`
    : "";
  return writePdf(objects, trailer);
}

/** The file of a PDF's objects, the first of which is its catalogue. One character is a byte. */
export function writePdf(objects: string[], trailer = ""): Uint8Array<ArrayBuffer> {
  let file = "%PDF-1.7\n";
  const offsets = objects.map((object, at) => {
    const offset = file.length;
    file += `${at + 1} 0 obj\n${object}\nendobj\n`;
    return offset;
  });
  const start = file.length;
  const rows = offsets.map((offset) => `${`${offset}`.padStart(10, "0")} 00000 n \n`).join("");
  file += `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${rows}trailer\n` +
    `<< /Size ${objects.length + 1} /Root 1 0 R${trailer} >>\nstartxref\n${start}\n%%EOF\n`;
  return Uint8Array.from(file, (character) => character.charCodeAt(0));
}

/** A Word document whose body is this WordprocessingML. */
export function makeDocx(
  body: string,
  more: Record<string, Uint8Array> = {},
): Uint8Array<ArrayBuffer> {
  const xml = (text: string) =>
    new TextEncoder().encode(`<?xml version="1.0" encoding="UTF-8" standalone="yes"?>${text}`);
  const office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
  return zipSync({
    "[Content_Types].xml": xml(
      '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">' +
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>' +
        '<Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>',
    ),
    "_rels/.rels": xml(
      '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">' +
        `<Relationship Id="rId1" Type="${office}/officeDocument" Target="word/document.xml"/></Relationships>`,
    ),
    "word/document.xml": xml(
      '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">' +
        `<w:body>${body}</w:body></w:document>`,
    ),
    "word/styles.xml": xml(
      '<w:styles xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">' +
        [1, 2, 3].map((level) =>
          `<w:style w:type="paragraph" w:styleId="Heading${level}"><w:name w:val="heading ${level}"/></w:style>`
        ).join("") + "</w:styles>",
    ),
    "word/_rels/document.xml.rels": xml(
      '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">' +
        `<Relationship Id="rId1" Type="${office}/styles" Target="styles.xml"/></Relationships>`,
    ),
    ...more,
  });
}

/** A paragraph of WordprocessingML, a heading if it has a level. */
export function docxParagraph(text: string, level?: number): string {
  const style = level ? `<w:pPr><w:pStyle w:val="Heading${level}"/></w:pPr>` : "";
  return `<w:p>${style}<w:r><w:t xml:space="preserve">${escapeXml(text)}</w:t></w:r></w:p>`;
}

/** A table of WordprocessingML. */
export function docxTable(rows: string[][]): string {
  const cell = (text: string) => `<w:tc>${docxParagraph(text)}</w:tc>`;
  return `<w:tbl>${rows.map((row) => `<w:tr>${row.map(cell).join("")}</w:tr>`).join("")}</w:tbl>`;
}

/** A stream of a PDF, with what its dictionary says besides its length. */
export function toStream(content: string, filter: string): string {
  return `<< /Length ${content.length}${filter} >>\nstream\n${content}\nendstream`;
}

/** As text of one character a byte. */
function deflate(content: string): string {
  const bytes = zlibSync(new TextEncoder().encode(content));
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
}

/** A line of text, as a PDF's page writes it. */
export function toOperators({ text, x = 72, y, size = 11, isUpward }: PdfText): string {
  const turn = isUpward ? "0 1 -1 0" : "1 0 0 1";
  return `BT /F1 ${size} Tf ${turn} ${x} ${y} Tm (${text.replace(/[\\()]/g, "\\$&")}) Tj ET`;
}

function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}

/** The bytes of a text in UTF-8. */
export function utf8(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

/** A zip of these files. */
export function zipOf(files: Record<string, Uint8Array>): Uint8Array<ArrayBuffer> {
  return zipSync(files);
}
