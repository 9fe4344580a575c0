import { type BlockKind, scanBlocks } from "./chunk-blocks.ts";
import type { TextFormat } from "./extract/extracted-text.ts";

/** A stretch of the text that is kept whole if it fits into a chunk, and split if it does not. */
export interface Span {
  start: number;
  end: number;
  kind: SpanKind;
  /** A heading or a part of one. */
  isHeading: boolean;
  /** The headings above, outermost first. */
  path: readonly string[];
  /** Spans of one section may share a chunk. */
  section: number;
}

export type SpanKind =
  | BlockKind
  | "item"
  | "row"
  | "record"
  | "line"
  | "sentence"
  | "phrase"
  | "word"
  | "run"
  | "space";

const TITLE_LENGTH = 200;

/**
 * The document's blocks, each with the headings above it. A heading opens a section, unless it
 * stands directly under another heading: it then shares that one's section, so that no chunk is a
 * bare heading.
 */
export function listSpans(text: string, format: TextFormat): Span[] {
  let stack: { level: number; title: string }[] = [];
  let path: readonly string[] = [];
  let section = 0;
  let isAfterHeading = false;
  return scanBlocks(text, format).map(({ start, end, kind, heading }) => {
    if (heading) {
      const { level } = heading;
      const title = heading.title.slice(0, TITLE_LENGTH).toWellFormed();
      stack = [...stack.filter((above) => above.level < level), { level, title }];
      path = stack.map((above) => above.title).filter((title) => title !== "");
      if (!isAfterHeading) section++;
    }
    isAfterHeading = heading !== undefined;
    return { start, end, kind, isHeading: isAfterHeading, path, section };
  });
}
