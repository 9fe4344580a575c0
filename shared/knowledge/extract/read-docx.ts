import { corrupt, orCorrupt } from "./corrupt.ts";
import { docxToHtml } from "./docx-to-html.ts";
import type { ExtractedText } from "./extracted-text.ts";
import { htmlToMarkdown } from "./html-to-markdown.ts";
import { assertTagCount, MAX_XML_TAGS } from "./limits.ts";
import { parseHtml } from "./parse-html.ts";
import { listZip, readZipEntry } from "./read-zip.ts";
import { simplifyWordXml } from "./simplify-word-xml.ts";

/** Of XML, all parts together. Word writes about ten bytes of it for one of text. */
const MAX_XML = 16 * 1024 * 1024;

/** What mammoth reads: no themes, pictures or attachments. */
const PART = /^(?:\[Content_Types\]\.xml|_rels\/\.rels|word\/(?:_rels\/)?[^/]+\.(?:xml|rels))$/;

/**
 * The text of a Word document as Markdown: headings, lists, tables, footnotes. Pictures are left
 * out but for their description; Word's pages depend on the printer, so there are none.
 *
 * @throws DocumentError DOCUMENT_CORRUPT, DOCUMENT_ENCRYPTED, DOCUMENT_TOO_LARGE.
 */
export async function readDocx(bytes: Uint8Array): Promise<ExtractedText> {
  return await orCorrupt("Word document", async () => {
    const html = await docxToHtml(readParts(bytes));
    const { body } = parseHtml(`<body>${html}</body>`);
    return { text: htmlToMarkdown(body), format: "markdown" };
  });
}

/** The parts that hold text, however small the zip says they are. */
function readParts(bytes: Uint8Array): Map<string, string> {
  let left = MAX_XML;
  let tags = 0;
  const parts = new Map<string, string>();
  for (const entry of listZip(bytes)) {
    if (!PART.test(entry.name)) continue;
    const part = readZipEntry(bytes, entry, left);
    left -= part.length;
    const xml = simplifyWordXml(new TextDecoder().decode(part));
    for (const _ of xml.matchAll(/[<=]/g)) tags++;
    assertTagCount(tags, MAX_XML_TAGS);
    parts.set(entry.name, xml);
  }
  if (parts.size === 0) throw corrupt("Word document");
  return parts;
}
