import { findOverlapStart } from "./chunk-overlap.ts";
import { splitSpan } from "./chunk-split.ts";
import type { Span } from "./chunk-spans.ts";
import { weighSpan } from "./chunk-weight.ts";
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
 * Fills packs with spans, in order, up to `maxTokens`. A span that fits into a pack of its own is
 * not split, except to give a heading some of its text; one that does not is split as far as needed.
 */
export function packSpans(text: string, spans: readonly Span[], budget: Budget): Pack[] {
  const packer = new Packer(text, budget);
  for (const span of spans) packer.add(span);
  return packer.finish();
}

class Packer {
  readonly #text: string;
  readonly #budget: Budget;
  readonly #packs: Pack[] = [];
  /** Spans to place before another is added, the first of them last. */
  readonly #pending: Span[] = [];
  #open: Span[] = [];
  /** The spans of the pack before, until the open pack has its overlap. */
  #closed: Span[] | undefined;
  /** Where the open pack starts, its overlap included. */
  #start = 0;
  /** Expected tokens of the open pack. */
  #weight = 0;

  constructor(text: string, budget: Budget) {
    this.#text = text;
    this.#budget = budget;
  }

  add(span: Span): void {
    this.#pending.push(span);
    this.#placePending();
  }

  finish(): Pack[] {
    while (this.#open.length > 0) {
      this.#close();
      this.#placePending();
    }
    return this.#packs;
  }

  #placePending(): void {
    for (let span = this.#pending.pop(); span; span = this.#pending.pop()) {
      const last = this.#open.at(-1);
      if (!last) {
        this.#begin(span);
      } else if (last.section !== span.section) {
        if (this.#open.some((open) => open.kind !== "space")) {
          this.#pending.push(span);
          this.#close();
          continue;
        }
        // White space left over from the section before comes along, its overlap does not.
        this.#start = this.#open[0]!.start;
      }
      this.#place(span);
    }
  }

  #begin(span: Span): void {
    const closed = this.#closed;
    if (closed && closed.at(-1)!.section === span.section) {
      const floor = this.#packs.at(-1)!.start;
      this.#start = findOverlapStart(this.#text, closed, this.#budget.overlapTokens, floor);
      this.#weight = countTokens(this.#text.slice(this.#start, span.start));
    } else if (closed || this.#packs.length === 0) this.#start = span.start;
    this.#closed = undefined;
  }

  #place(span: Span): void {
    const { maxTokens } = this.#budget;
    const weight = weighSpan(this.#text, span, maxTokens);
    if (this.#weight + weight <= maxTokens) {
      this.#push(span, weight);
    } else if (this.#open.length === 0 && weight <= maxTokens) {
      this.#start = span.start;
      this.#weight = 0;
      this.#push(span, weight);
    } else {
      this.#makeRoom(span, weight);
    }
  }

  #push(span: Span, weight: number): void {
    this.#open.push(span);
    this.#weight += weight;
  }

  /** Splits the span, or closes the open pack before it. */
  #makeRoom(span: Span, weight: number): void {
    const staysWhole = weight <= this.#budget.maxTokens &&
      (span.kind === "row" || !this.#isBare());
    const parts = staysWhole ? [] : this.#split(span);
    if (parts.length > 0) {
      this.#postpone(parts);
    } else if (this.#open.length > 0) {
      this.#pending.push(span);
      this.#close();
    } else {
      this.#push(span, this.#budget.maxTokens);
    }
  }

  /** Whether the open pack is no more than a heading or white space, and short of half full. */
  #isBare(): boolean {
    return this.#weight <= this.#budget.maxTokens / 2 &&
      this.#open.every(({ isHeading, kind }) => isHeading || kind === "space");
  }

  #split(span: Span): Span[] {
    // An eighth of the budget in white space cannot fill a chunk beside the character it follows.
    const spaceLength = Math.floor(this.#budget.maxTokens / 8);
    let parts = splitSpan(this.#text, span, spaceLength);
    while (parts.length === 1) parts = splitSpan(this.#text, parts[0]!, spaceLength);
    return parts;
  }

  #postpone(parts: readonly Span[]): void {
    // One by one: a block may have more parts than a call can have arguments.
    for (const part of parts.toReversed()) this.#pending.push(part);
  }

  /** Turns the open spans into a pack, once it is sure that they fit. */
  #close(): void {
    const { end, path } = this.#open.at(-1)!;
    const tokenCount = countTokens(this.#text.slice(this.#start, end));
    if (tokenCount > this.#budget.maxTokens) return this.#shrink();
    const overlap = this.#open[0]!.start - this.#start;
    this.#packs.push({ start: this.#start, end, overlap, path, tokenCount });
    this.#closed = this.#open;
    this.#reopen();
  }

  #reopen(): void {
    this.#open = [];
    this.#weight = 0;
  }

  /** Takes back the last of the open spans, which were expected to fit and do not. */
  #shrink(): void {
    const first = this.#open[0]!;
    const last = this.#open.at(-1)!;
    if (last !== first) {
      this.#open.pop();
      this.#weight = countTokens(this.#text.slice(this.#start, last.start));
      const parts = this.#isBare() && last.kind !== "row" ? this.#split(last) : [];
      if (parts.length > 0) return this.#postpone(parts);
      this.#pending.push(last);
    } else if (this.#start < first.start) {
      this.#start = first.start;
    } else {
      this.#postpone(this.#split(first));
      return this.#reopen();
    }
    this.#close();
  }
}
