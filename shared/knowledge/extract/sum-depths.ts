import type { HtmlElement } from "./html-node.ts";

/** How deep each element below this one lies, added up: what looking at all parents of all costs. */
export function sumDepths(element: HtmlElement): number {
  let sum = 0;
  let level = Array.from(element.children);
  for (let depth = 1; level.length > 0; depth++) {
    sum += depth * level.length;
    level = level.flatMap((child) => Array.from(child.children));
  }
  return sum;
}
