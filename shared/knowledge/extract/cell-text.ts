import type { HtmlNode } from "./html-node.ts";

const TEXT_NODE = 3;
const INLINE =
  /^(?:A|ABBR|B|BDI|BDO|BIG|CITE|CODE|DEL|DFN|EM|FONT|I|INS|KBD|LABEL|MARK|Q|S|SAMP|SMALL|SPAN|STRIKE|STRONG|SUB|SUP|TT|U|VAR|WBR)$/i;

/** The words of an element on one line; paragraphs and line breaks in it are apart. */
export function cellText(node: HtmlNode): string {
  if (node.nodeType === TEXT_NODE) return node.textContent;
  const text = Array.from(node.childNodes, cellText).join("");
  return INLINE.test(node.nodeName) ? text : ` ${text} `;
}
