// @ts-types="../../shared/knowledge/extract/types/readability.d.ts"
import { Readability } from "@mozilla/readability";
import { parse } from "csv-parse/sync";
import { unzipSync } from "fflate";
// @ts-types="../../shared/knowledge/extract/types/linkedom.d.ts"
import { parseHTML } from "linkedom/worker";
// @ts-types="../../shared/knowledge/extract/types/turndown.d.ts"
import Turndown from "turndown/lib/turndown.browser.cjs.js";
import { extractText, getDocumentProxy } from "unpdf";
import { docxToHtml } from "../../shared/knowledge/extract/docx-to-html.ts";

/** The libraries as their manuals show them, without limits, tables, pages or anything of ours. */
export const bare = {
  pdf: async (bytes: Uint8Array) => {
    await extractText(await getDocumentProxy(bytes.slice()), { mergePages: true });
  },
  /** As its `convertToHtml` does, which fails on Deno; to HTML, where ours goes on to Markdown. */
  docx: async (bytes: Uint8Array) => {
    const parts = Object.entries(unzipSync(bytes));
    await docxToHtml(new Map(parts.map(([name, part]) => [name, new TextDecoder().decode(part)])));
  },
  html: (html: string) => {
    const article = new Readability(parseHTML(html).document, { serializer: (node) => node })
      .parse();
    if (article?.content) new Turndown({}).turndown(article.content);
  },
  csv: (csv: string) => {
    parse(csv);
  },
};
