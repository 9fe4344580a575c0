// What is used of turndown, which has no types.
import type { HtmlElement } from "../html-node.ts";

interface Rule {
  filter: string | string[];
  replacement: (content: string, node: HtmlElement) => string;
}

export default class Turndown {
  constructor(options: Record<string, string>);
  escape: (text: string) => string;
  addRule(name: string, rule: Rule): void;
  turndown(node: HtmlElement): string;
}
