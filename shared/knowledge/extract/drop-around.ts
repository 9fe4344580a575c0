import { countLetters } from "./count-letters.ts";
import type { HtmlElement } from "./html-node.ts";

const NEVER_TEXT =
  "title, script, style, noscript, template, svg, iframe, object, canvas, input, select, textarea";
const ICONS = "i[aria-hidden=true], span[aria-hidden=true], a[aria-hidden=true]";
/** A form with prose is part of the page, if it is not all of it. */
const MENUS = "nav, [role=navigation], [role=search], form:not(form *, :has(p, h1, h2, h3, table))";
/** Of the page: in its content, a header has a heading, and a dialog what a script reveals. */
const AROUND =
  ":is(header, footer, dialog, [role=banner], [role=contentinfo], [role=dialog], [role=alertdialog])" +
  ":not(:is(main, [role=main], article, section) *)";
const COOKIE_NOTICE =
  /^(?:\w+[-_])?cookie[-_]?(?:banner|bar|bot|consent|dialog|modal|notice|popup)/i;
/** Of the letters of an aside: a warning has fewer in links, a list of teasers more. */
const MOST_LINKED = 0.5;

/** Takes out of a page what stands around its content: menus, notices, code, fields to fill in. */
export function dropAround(body: HtmlElement): void {
  removeAll(body, [NEVER_TEXT, ICONS, MENUS, AROUND].join());
  for (const notice of body.querySelectorAll('[id*="cookie" i], [class*="cookie" i]')) {
    if (isCookieNotice(notice)) notice.remove();
  }
  for (const aside of [...body.querySelectorAll("aside:not(aside *)")]) {
    const { all, unlinked } = countLetters(aside);
    if (all - unlinked > MOST_LINKED * all) aside.remove();
  }
}

function isCookieNotice(element: HtmlElement): boolean {
  const names = `${element.getAttribute("id") ?? ""} ${element.getAttribute("class") ?? ""}`;
  return names.split(/\s+/).some((name) => COOKIE_NOTICE.test(name)) &&
    !element.querySelector("main, article, h1");
}

function removeAll(element: HtmlElement, selector: string): void {
  for (const found of [...element.querySelectorAll(selector)]) found.remove();
}
