// @ts-types="./types/turndown.d.ts"
import Turndown from "turndown/lib/turndown.browser.cjs.js";
import { cellText } from "./cell-text.ts";
import { escapeMarkdown } from "./escape-markdown.ts";
import type { HtmlElement } from "./html-node.ts";
import { tableToMarkdown } from "./table-to-markdown.ts";

/** Stands for a line break in a text: turndown takes the square of the length of white space. */
const BREAK = "\ue000";
const LONG_SPACE = /\s{100,}/g;

/**
 * The body of a page as Markdown: headings, lists, tables, code. Links and pictures leave their
 * words and lose their addresses, which mean nothing to a reader of a passage and would be fetched
 * by whatever renders it. Emphasis is left out, for it cuts words apart. Uses up the body.
 */
export function htmlToMarkdown(body: HtmlElement): string {
  for (const br of [...body.querySelectorAll("br")]) br.replaceWith(BREAK);
  const turndown = new Turndown({ headingStyle: "atx", hr: "* * *" });
  turndown.escape = escapeMarkdown;
  turndown.addRule("words", {
    filter: ["a", "em", "strong", "b", "i"],
    replacement: (content) => content,
  });
  turndown.addRule("picture", {
    filter: "img",
    replacement: (_, node) => node.getAttribute("alt")?.trim() ?? "",
  });
  turndown.addRule("item", { filter: "li", replacement: toItem });
  turndown.addRule("code", { filter: "pre", replacement: (_, node) => toFence(node.textContent) });
  turndown.addRule("table", { filter: "table", replacement: (_, node) => toTable(node) });
  // Turndown works on a copy, which would take as much memory again.
  body.cloneNode = () => body;
  return turndown.turndown(body).replace(/[ \t]*\ue000[ \t\ue000]*/g, "\n");
}

function toItem(content: string, node: HtmlElement): string {
  const isOrdered = node.parentNode?.nodeName === "OL";
  const marker = isOrdered ? `${numberOf(node)}.` : "-";
  const indent = " ".repeat(marker.length + 1);
  return `${marker} ${content.trim().replace(/[\n\ue000](?=[^\n])/g, `\n${indent}`)}\n`;
}

/** As the page has it; counted from the item before, for a list may be long. */
function numberOf(node: HtmlElement): number {
  const before = node.previousElementSibling;
  const number = wholeNumber(node.getAttribute("value")) ??
    (before
      ? Number(before.getAttribute("data-number")) + 1
      : wholeNumber(node.parentNode?.getAttribute("start")) ?? 1);
  node.setAttribute("data-number", `${number}`);
  return number;
}

/** What Markdown can number an item with. */
function wholeNumber(text: string | null | undefined): number | undefined {
  return /^\d{1,9}$/.test(text ?? "") ? Number(text) : undefined;
}

function toFence(text: string): string {
  const code = text.replaceAll(BREAK, "\n").replace(LONG_SPACE, (space) => space.slice(0, 100));
  const longest = Math.max(2, ...Array.from(code.matchAll(/`{3,}/g), ([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  return `\n\n${fence}\n${code.replace(/\n$/, "")}\n${fence}\n\n`;
}

function toTable(node: HtmlElement): string {
  const caption = Array.from(node.children).find(({ nodeName }) => /^CAPTION$/i.test(nodeName));
  const title = caption && cellText(caption).replace(/\s+/g, " ").trim();
  const table = tableToMarkdown(node, (cell) => cellText(cell).replaceAll(BREAK, " "));
  return `\n\n${[title, table].filter(Boolean).join("\n\n")}\n\n`;
}
