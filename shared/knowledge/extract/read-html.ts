// @ts-types="./types/readability.d.ts"
import { Readability } from "@mozilla/readability";
import { countLetters } from "./count-letters.ts";
import { orCorrupt } from "./corrupt.ts";
import { dropAround } from "./drop-around.ts";
import type { ExtractedText } from "./extracted-text.ts";
import type { HtmlDocument, HtmlElement } from "./html-node.ts";
import { htmlToMarkdown } from "./html-to-markdown.ts";
import { parseHtml } from "./parse-html.ts";
import { sumDepths } from "./sum-depths.ts";

/** Of the page's words outside links. Less, and what stands out is only a part of the content. */
const LEAST_SHARE = 0.95;
/** In letters: of a long page, or of one with a long table, a section is a small share. */
const MOST_LOST = 300;
/** What a page itself calls its main content is believed further, but not to be a mere search box. */
const LEAST_MARKED_SHARE = 0.5;
/** A long article has a tenth of it; Readability would take minutes for a page of much more. */
const MOST_DEPTHS = 1_000_000;

/**
 * The main content of a web page as Markdown, under the page's title: what the page marks as it, or
 * what stands out. Else all of it but menus, header and footer, for to lose content is worse than to
 * keep a sidebar. What a script hides or shows is kept.
 *
 * @throws DocumentError DOCUMENT_CORRUPT, DOCUMENT_TOO_LARGE.
 */
export async function readHtml(html: string): Promise<ExtractedText> {
  return await orCorrupt("web page", () => {
    const document = parsePage(html);
    const title = findTitle(document);
    const text = htmlToMarkdown(findContent(document) ?? readWhole(html));
    return { text: withTitle(text, title), format: "markdown" };
  });
}

function parsePage(html: string): HtmlDocument {
  const document = parseHtml(html);
  keepTables(document);
  return document;
}

/** Undefined where no part of the page is its content. Takes the page apart. */
function findContent(document: HtmlDocument): HtmlElement | undefined {
  dropAround(document.body);
  const { unlinked: words } = countLetters(document.body);
  const marked = findMarked(document.body);
  if (marked && marked.words > marked.leastShare * words) return marked.element;
  if (sumDepths(document.body) > MOST_DEPTHS) return undefined;
  const found = new Readability(document, { serializer: (node) => node }).parse()?.content;
  const least = Math.max(LEAST_SHARE * words, words - MOST_LOST);
  return found && countLetters(found).unlinked >= least ? found : undefined;
}

function findMarked(body: HtmlElement) {
  const mains = listMarked(body, ":is(main, [role=main])");
  const [most] = mains.length > 0 ? mains : listMarked(body, "article");
  return most && { ...most, leastShare: mains.length > 0 ? LEAST_MARKED_SHARE : LEAST_SHARE };
}

/** None inside another, that with the most words first. */
function listMarked(body: HtmlElement, selector: string) {
  return Array.from(
    body.querySelectorAll(`${selector}:not(${selector} *)`),
    (element) => ({ element, words: countLetters(element).unlinked }),
  ).toSorted((a, b) => b.words - a.words);
}

/** Parsed again, since Readability takes the page apart; a copy beside it takes memory. */
function readWhole(html: string): HtmlElement {
  const { body } = parsePage(html);
  dropAround(body);
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

function withTitle(text: string, title: string): string {
  // Readability makes every h1 an h2.
  if (title !== "" && text.startsWith(`## ${title}\n`)) return text.slice(1);
  return text.trim() === "" || title === "" || /^# /m.test(text) ? text : `# ${title}\n\n${text}`;
}
