import type { HtmlElement } from "./html-node.ts";

/** The letters of an element, and how many of them are in no link: menus and teasers are links. */
export function countLetters(element: HtmlElement): { all: number; unlinked: number } {
  const count = (text: string) => text.replace(/\s+/g, "").length;
  const all = count(element.textContent);
  let links = 0;
  for (const link of element.querySelectorAll("a")) links += count(link.textContent);
  return { all, unlinked: all - links };
}
