import { splitSpan } from "./chunk-split.ts";
import type { Span, SpanKind } from "./chunk-spans.ts";
import { weighSpan } from "./chunk-weight.ts";
import { countTokens } from "./count-tokens.ts";

const NEVER_REPEATED: ReadonlySet<SpanKind> = new Set(["run", "space"]);
const MADE_OF_PARTS: ReadonlySet<SpanKind> = new Set([
  "paragraph",
  "list",
  "item",
  "table",
  "records",
  "code",
]);
const MADE_OF_WORDS: ReadonlySet<SpanKind> = new Set(["sentence", "phrase"]);

/**
 * Where the overlap of the next chunk starts, given the spans that the chunk before added: at the
 * last whole sentences, list items, table rows, records or lines of code that together hold at most
 * `overlapTokens`; if the last sentence alone is longer, at one of its words; if there is no such
 * place after `floor`, where the spans end.
 */
export function findOverlapStart(
  text: string,
  spans: readonly Span[],
  overlapTokens: number,
  floor: number,
): number {
  const end = spans.at(-1)!.end;
  const fits = (span: Span) => {
    if (span.start <= floor || weighSpan(text, span, overlapTokens) === Infinity) return false;
    return countTokens(text.slice(span.start, end)) <= overlapTokens;
  };
  const extend = (spans: readonly Span[], start: number): number => {
    for (const span of spans.toReversed()) {
      if (span.isHeading || NEVER_REPEATED.has(span.kind)) return start;
      if (fits(span)) start = span.start;
      else if (MADE_OF_PARTS.has(span.kind) || (start === end && MADE_OF_WORDS.has(span.kind))) {
        return extend(splitSpan(text, span, Infinity), start);
      } else return start;
    }
    return start;
  };
  return overlapTokens === 0 ? end : extend(spans, end);
}
