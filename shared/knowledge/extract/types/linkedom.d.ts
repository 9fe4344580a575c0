// What is used of linkedom, without the types of a browser.
import type { HtmlDocument } from "../html-node.ts";

export function parseHTML(html: string): { document: HtmlDocument };
