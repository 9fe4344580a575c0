// @ts-types="./types/readability.d.ts"
import { Readability } from "@mozilla/readability";
import { orCorrupt } from "./corrupt.ts";
import type { ExtractedText } from "./extracted-text.ts";
import type { HtmlDocument, HtmlElement } from "./html-node.ts";
import { htmlToMarkdown } from "./html-to-markdown.ts";
import { parseHtml } from "./parse-html.ts";

const NEVER_TEXT =
  "title, script, style, noscript, template, svg, iframe, object, canvas, input, select";
const AROUND = "nav, header, footer, aside, form, [role=navigation], [role=banner], [hidden]";
/** Of the page's own words. Less, and what was taken for the main content is only a part of it. */
const LEAST_SHARE = 0.6;

/**
 * The main content of a web page as Markdown, under the page's title. Where no part of it stands
 * out, all of it but navigation, header and footer.
 *
 * @throws DocumentError DOCUMENT_CORRUPT, DOCUMENT_TOO_LARGE.
 */
export async function readHtml(html: string): Promise<ExtractedText> {
  return await orCorrupt("web page", () => {
    const document = parsePage(html);
    const title = findTitle(document);
    removeAll(document, NEVER_TEXT);
    const words = wordCountWithout(document.body, AROUND);
    const main = new Readability(document, { serializer: (node) => node }).parse()?.content;
    // Of a page with few words it takes the menus for content.
    if (main && words > 0) removeAll(main, "nav");
    const isComplete = main && wordCount(main) >= LEAST_SHARE * words;
    const text = htmlToMarkdown(isComplete ? main : readWhole(html));
    return { text: withTitle(text, title), format: "markdown" };
  });
}

function parsePage(html: string): HtmlDocument {
  const document = parseHtml(html);
  keepTables(document);
  return document;
}

/** Parsed again, since Readability takes the page apart: few pages need it, and a copy takes memory. */
function readWhole(html: string): HtmlElement {
  const { body } = parsePage(html);
  removeAll(body, `${NEVER_TEXT}, ${AROUND}`);
  return body;
}

/** Readability drops a heading that says what the title says. */
function findTitle(document: HtmlDocument): string {
  const headings = [...document.querySelectorAll("h1")];
  const title = headings.length === 1
    ? headings[0]!.textContent
    : document.querySelector("title")?.textContent ?? "";
  return title.replace(/\s+/g, " ").trim();
}

/** Readability drops small tables without a summary, as layout. */
function keepTables(document: HtmlDocument): void {
  for (const table of document.querySelectorAll("table")) {
    const isLayout = table.getAttribute("role") === "presentation" || table.querySelector("table");
    if (!isLayout && !table.hasAttribute("summary")) table.setAttribute("summary", "data");
  }
}

function removeAll(element: HtmlElement, selector: string): void {
  for (const found of [...element.querySelectorAll(selector)]) found.remove();
}

/** Of a copy that is let go. */
function wordCountWithout(element: HtmlElement, selector: string): number {
  const copy = element.cloneNode(true);
  removeAll(copy, selector);
  return wordCount(copy);
}

/** Letters outside links: menus and teasers are made of links. */
function wordCount(element: HtmlElement): number {
  const count = (text: string) => text.replace(/\s+/g, "").length;
  let links = 0;
  for (const link of element.querySelectorAll("a")) links += count(link.textContent);
  return count(element.textContent) - links;
}

function withTitle(text: string, title: string): string {
  // Readability makes every h1 an h2.
  if (title !== "" && text.startsWith(`## ${title}\n`)) return text.slice(1);
  return text.trim() === "" || title === "" || /^# /m.test(text) ? text : `# ${title}\n\n${text}`;
}
