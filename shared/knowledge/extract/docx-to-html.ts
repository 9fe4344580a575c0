// @ts-types="./types/mammoth.d.ts"
import { DocumentConverter } from "mammoth/lib/document-to-html.js";
// @ts-types="./types/mammoth.d.ts"
import { read } from "mammoth/lib/docx/docx-reader.js";
// @ts-types="./types/mammoth.d.ts"
import { imgElement } from "mammoth/lib/images.js";
// @ts-types="./types/mammoth.d.ts"
import { readOptions } from "mammoth/lib/options-reader.js";
// @ts-types="./types/mammoth.d.ts"
import { readStyle } from "mammoth/lib/style-reader.js";

const STYLES = [
  "p[style-name='Title'] => h1:fresh",
  "p[style-name='Subtitle'] => h2:fresh",
];

/**
 * The parts of a Word document, each XML, as HTML: mammoth's `convertToHtml`, put together from its parts. The
 * function itself sets `__proto__`, which Deno has not, and fails with a rejection that nobody can
 * catch (1.13.0); and it would inflate whatever the zip holds.
 */
export async function docxToHtml(parts: ReadonlyMap<string, string>): Promise<string> {
  const document = await read(
    {
      exists: (name) => parts.has(name),
      read: (name) => {
        const part = parts.get(name);
        if (part === undefined) return Promise.reject(new Error(`there is no ${name}`));
        return Promise.resolve(part);
      },
    },
    {},
    {},
  );
  const styleMap = readOptions({ styleMap: STYLES }).readStyleMap()
    .flatMap((style) => readStyle(style).value ?? []);
  const converter = new DocumentConverter({
    styleMap,
    // The pictures are not among the parts.
    convertImage: imgElement(() => Promise.resolve({ src: "" })),
  });
  return (await converter.convertToHtml(document.value)).value;
}
