import {
  type Boundaries,
  findBest,
  findMiddle,
  findPeaks,
  listBoundaries,
} from "./chunk-boundaries.ts";
import { type Part, takeApart, toParts } from "./chunk-parts.ts";
import type { Span, SpanKind } from "./chunk-spans.ts";
import { countTokens } from "./count-tokens.ts";

/** Of the budget: how much of it lies between two boundaries at least, where the text allows. */
const MIN_SHARE = 5;

/** What is taken apart before a chunk becomes longer than it may or shorter than it should. */
const MADE_OF_SENTENCES: ReadonlySet<SpanKind> = new Set([
  "paragraph",
  "list",
  "code",
  "table",
  "item",
]);
/** Not cut to give a heading some of its text. */
const NEVER_CUT: ReadonlySet<SpanKind> = new Set(["row", "space"]);

/**
 * Cuts a section into pieces of at most `maxTokens`. A piece starts where no better boundary (a
 * higher rank) is within a fifth of the budget on either side. That depends on nothing farther away,
 * so that after an edit the pieces are the same again from the next boundary or the one after it.
 * The few pieces that come out too long are cut at their best boundary until they fit.
 */
export function cutSection(text: string, spans: readonly Span[], maxTokens: number): Span[][] {
  const cutter = new Cutter(text, maxTokens);
  cutter.cut(toParts(text, spans, maxTokens));
  return cutter.pieces;
}

class Cutter {
  readonly pieces: Part[][] = [];
  readonly #text: string;
  readonly #maxTokens: number;
  readonly #minTokens: number;

  constructor(text: string, maxTokens: number) {
    this.#text = text;
    this.#maxTokens = maxTokens;
    this.#minTokens = Math.floor(maxTokens / MIN_SHARE);
  }

  cut(parts: readonly Part[]): void {
    let start = 0;
    for (const peak of findPeaks(listBoundaries(parts, this.#maxTokens), this.#minTokens)) {
      this.#refine(parts.slice(start, peak));
      start = peak;
    }
    this.#refine(parts.slice(start));
  }

  #refine(parts: Part[]): void {
    if (this.#fits(parts)) {
      this.pieces.push(parts);
      return;
    }
    const boundaries = listBoundaries(parts, this.#maxTokens);
    const best = findBest(boundaries, this.#minTokens, this.#maxTokens);
    const finer = best === undefined && this.#takeApart(parts, isBare(boundaries, this.#maxTokens));
    if (finer) return this.cut(finer);
    const boundary = best ?? findMiddle(boundaries, this.#maxTokens);
    this.#refine(parts.slice(0, boundary));
    this.#refine(parts.slice(boundary));
  }

  /** What fits into a chunk is taken apart between sentences only, if it is not all that a heading has. */
  #takeApart(parts: readonly Part[], needsWords: boolean): Part[] | undefined {
    return takeApart(this.#text, parts, this.#maxTokens, ({ kind, isHeading }) => {
      if (parts.length === 1) return 0;
      if (MADE_OF_SENTENCES.has(kind)) return this.#minTokens;
      return needsWords && !isHeading && !NEVER_CUT.has(kind) ? 0 : this.#maxTokens;
    });
  }

  #fits(parts: readonly Part[]): boolean {
    const sum = parts.reduce((sum, { weight }) => sum + weight, 0);
    if (sum > this.#maxTokens) return false;
    // Token counts do not add up exactly.
    const whole = this.#text.slice(parts[0]!.start, parts.at(-1)!.end);
    return countTokens(whole) <= this.#maxTokens;
  }
}

/** Whether the piece begins with headings and has no boundary that would leave them any text. */
function isBare({ parts, at, allowed }: Boundaries, maxTokens: number): boolean {
  const text = parts.findIndex(({ isHeading, kind }) => !isHeading && kind !== "space");
  return parts.slice(0, text).some(({ isHeading }) => isHeading) && at[text]! <= maxTokens / 2 &&
    !allowed.some((boundary) => at[boundary]! <= maxTokens);
}
