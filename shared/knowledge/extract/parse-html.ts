// @ts-types="./types/linkedom.d.ts"
import { parseHTML } from "linkedom/worker";
import type { HtmlDocument, HtmlNode } from "./html-node.ts";
import { assertTagCount, MAX_HTML_TAGS } from "./limits.ts";

/** Elements inside each other: deeper than any page, and far from the end of the stack. */
const MAX_DEPTH = 500;
const TEXT_NODE = 3;

/**
 * Parses a page without running or loading anything.
 *
 * @throws DocumentError DOCUMENT_TOO_LARGE for more tags than can be worked on.
 */
export function parseHtml(html: string): HtmlDocument {
  let count = 0;
  // The parser makes a text of its own of every character reference.
  for (const _ of html.matchAll(/[<&]/g)) count++;
  assertTagCount(count, MAX_HTML_TAGS);
  const { document } = parseHTML(withRoot(html));
  tame(document);
  return document;
}

/** The parser adds none of the tags that a page may leave out. */
function withRoot(html: string): string {
  if (/<body[\s>]/i.test(html)) return /<html[\s>]/i.test(html) ? html : `<html>${html}</html>`;
  const content = html.replace(/<\/?(?:html|head)(?:\s[^<>]*)?>|<!doctype[^<>]*>/gi, "");
  return `<html><body>${content}</body></html>`;
}

/**
 * Sees to it that what works on the page does not overflow the stack, nor take the square of the
 * length of hard spaces in a row, as regular expressions in these libraries do.
 */
function tame(document: HtmlDocument): void {
  let level: HtmlNode[] = Array.from(document.childNodes);
  for (let depth = 0; level.length > 0; depth++) {
    assertTagCount(depth, MAX_DEPTH);
    for (const node of level) {
      if (node.nodeType !== TEXT_NODE) continue;
      const text = node.textContent;
      const tamed = text.replace(/[^\S\r\n\t ]+/g, " ");
      if (tamed !== text) node.textContent = tamed;
    }
    level = level.flatMap((node) => Array.from(node.childNodes));
  }
}
