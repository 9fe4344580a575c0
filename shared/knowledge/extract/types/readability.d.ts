// What is used of Readability, without the types of a browser.
import type { HtmlDocument, HtmlElement } from "../html-node.ts";

export class Readability {
  constructor(document: HtmlDocument, options: { serializer: (node: HtmlElement) => HtmlElement });
  parse(): { content: HtmlElement | null } | null;
}
