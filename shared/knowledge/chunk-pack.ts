import { cutSection } from "./chunk-cut.ts";
import { findOverlapStart } from "./chunk-overlap.ts";
import type { Span } from "./chunk-spans.ts";
import { countTokens } from "./count-tokens.ts";

/** A finished chunk as a place in the text. */
export interface Pack {
  start: number;
  end: number;
  /** UTF-16 units at the start that the pack before has as well. */
  overlap: number;
  path: readonly string[];
  tokenCount: number;
}

export interface Budget {
  maxTokens: number;
  overlapTokens: number;
}

/**
 * Cuts each section into packs of at most `maxTokens`, which begin with the end of the one before if
 * there is room for it. White space that is too long for the end of a pack goes with the next.
 */
export function packSpans(text: string, spans: readonly Span[], budget: Budget): Pack[] {
  const packs: Pack[] = [];
  let space: readonly Span[] = [];
  for (const section of sectionsOf(spans)) {
    let before: readonly Span[] | undefined;
    for (const piece of cutSection(text, section, budget.maxTokens)) {
      const isLast = piece.at(-1)!.end === text.length;
      if (isSpace(piece) && !isLast) {
        space = [...space, ...piece];
        continue;
      }
      const pieces = space.length > 0
        ? cutSection(text, [...space, ...piece], budget.maxTokens)
        : [piece];
      space = [];
      for (const own of pieces) {
        packs.push(toPack(text, own, before, budget));
        before = own;
      }
    }
  }
  return packs;
}

function sectionsOf(spans: readonly Span[]): Span[][] {
  const sections: Span[][] = [];
  for (const span of spans) {
    const last = sections.at(-1);
    if (last && last[0]!.section === span.section) last.push(span);
    else sections.push([span]);
  }
  return sections;
}

function isSpace(piece: readonly Span[]): boolean {
  return piece.every(({ kind }) => kind === "space");
}

function toPack(
  text: string,
  piece: readonly Span[],
  before: readonly Span[] | undefined,
  { maxTokens, overlapTokens }: Budget,
): Pack {
  const { end, path } = piece.at(-1)!;
  const ownStart = piece[0]!.start;
  const count = (start: number) => countTokens(text.slice(start, end));
  let start = before ? findOverlapStart(text, before, overlapTokens, before[0]!.start) : ownStart;
  let tokenCount = count(start);
  if (start < ownStart && tokenCount > maxTokens) {
    start = ownStart;
    tokenCount = count(start);
  }
  return { start, end, overlap: ownStart - start, path, tokenCount };
}
