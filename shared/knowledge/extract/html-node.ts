/** As much of the DOM as is used here: shared code is checked without a browser's types. */
export interface HtmlNode {
  nodeName: string;
  nodeType: number;
  textContent: string;
  childNodes: ArrayLike<HtmlNode>;
  parentNode: HtmlNode | null;
}

/** An element of an `HtmlNode` tree. */
export interface HtmlElement extends HtmlNode {
  children: ArrayLike<HtmlElement>;
  parentNode: HtmlElement | null;
  getAttribute(name: string): string | null;
  setAttribute(name: string, value: string): void;
  hasAttribute(name: string): boolean;
  querySelector(selector: string): HtmlElement | null;
  querySelectorAll(selector: string): Iterable<HtmlElement>;
  cloneNode(deep: true): HtmlElement;
  previousElementSibling: HtmlElement | null;
  remove(): void;
  replaceWith(text: string): void;
}

/** A parsed page. */
export interface HtmlDocument extends HtmlElement {
  body: HtmlElement;
}
