import { splitSpan } from "./chunk-split.ts";
import type { Span, SpanKind } from "./chunk-spans.ts";
import { weighSpan } from "./chunk-weight.ts";

/** A span on the way into a chunk. */
export interface Part extends Span {
  /** Expected tokens; one more than a chunk holds if it is longer than that. */
  weight: number;
  /**
   * How much a chunk wants to start here: structure first, then a hash of the words that follow. It
   * is the same wherever the words stand, so that an edit moves no boundary but those beside it.
   */
  rank: number;
}

const HASHED_UNITS = 256;
const CLASS_WIDTH = 2 ** 32;
const STRUCTURE: Readonly<Record<SpanKind, number>> = {
  heading: 2,
  paragraph: 2,
  list: 2,
  code: 2,
  table: 2,
  records: 2,
  item: 1,
  row: 1,
  record: 1,
  line: 1,
  sentence: 1,
  phrase: 0,
  word: 0,
  run: 0,
  space: 0,
};

/** Spans as parts. The first of them starts where `parent` does, and is as good a place to start. */
export function toParts(
  text: string,
  spans: readonly Span[],
  maxTokens: number,
  parent?: Part,
): Part[] {
  return spans.map((span, at) => ({
    ...span,
    weight: Math.min(weighSpan(text, span, maxTokens), maxTokens + 1),
    rank: at === 0 && parent ? parent.rank : rankOf(text, span),
  }));
}

/**
 * The parts with those taken apart that are longer than `maxOf` says for their kind; undefined if
 * there is none to take apart.
 */
export function takeApart(
  text: string,
  parts: readonly Part[],
  maxTokens: number,
  maxOf: (part: Part) => number,
): Part[] | undefined {
  // An eighth of the budget in white space cannot fill a chunk beside the character it follows.
  const spaceLength = Math.floor(maxTokens / 8);
  let isChanged = false;
  const finer = parts.flatMap((part) => {
    if (part.weight <= maxOf(part)) return [part];
    let spans = splitSpan(text, part, spaceLength);
    while (spans.length === 1) spans = splitSpan(text, spans[0]!, spaceLength);
    if (spans.length === 0) return [part];
    isChanged = true;
    return toParts(text, spans, maxTokens, part);
  });
  return isChanged ? finer : undefined;
}

function rankOf(text: string, { start, end, kind }: Span): number {
  return STRUCTURE[kind] * CLASS_WIDTH +
    hashWords(text, start, Math.min(end, start + HASHED_UNITS));
}

/** FNV-1a without white space, its bits mixed as in MurmurHash3, so that every bit orders as well. */
function hashWords(text: string, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let at = start; at < end; at++) {
    const unit = text.charCodeAt(at);
    if (unit > 0x20) hash = Math.imul(hash ^ unit, 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
