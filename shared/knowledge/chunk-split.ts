import { scanLines } from "./chunk-lines.ts";
import { isTableDelimiter, listMarkerOf } from "./chunk-marks.ts";
import type { Span, SpanKind } from "./chunk-spans.ts";
import { findRunCuts } from "./chunk-run-cuts.ts";

const PHRASE_LENGTH = 64;
const sentences = new Intl.Segmenter("en", { granularity: "sentence" });

/**
 * The next finer parts of a span, in order and without a gap: blocks into items, rows, lines or
 * sentences, those into phrases of a few words, then words, then stretches of one word, down to
 * single code points, which have no parts (an empty list). Only stretches of white space longer than
 * `spaceLength` become parts of their own; shorter ones stay with the word before.
 */
export function splitSpan(text: string, span: Span, spaceLength: number): Span[] {
  switch (span.kind) {
    case "list":
      return partsAt(text, span, "item", findItems(text, span));
    case "table":
      return partsAt(text, span, "row", findRows(text, span));
    case "records":
      return partsAt(text, span, "record", findLines(text, span));
    case "code":
      return partsAt(text, span, "line", findLines(text, span));
    case "heading":
    case "paragraph":
    case "item":
    case "record":
      return partsAt(text, span, "sentence", findSentences(text, span));
    case "sentence":
    case "row":
    case "line":
      return splitAtSpaces(text, span, "phrase", PHRASE_LENGTH, spaceLength);
    case "phrase":
      return splitAtSpaces(text, span, "word", 0, spaceLength);
    case "word":
    case "run":
      return splitRun(text, span);
    case "space":
      return splitSpace(span);
  }
}

function findLines(text: string, { start, end }: Span): number[] {
  return Array.from(scanLines(text.slice(start, end)), (line) => start + line.start);
}

function findItems(text: string, { start, end }: Span): number[] {
  const lines = [...scanLines(text.slice(start, end))];
  return lines.filter((line) => listMarkerOf(line)).map((line) => start + line.start);
}

/** Rows of a table; its head and the dashes under it are one. */
function findRows(text: string, { start, end }: Span): number[] {
  const lines = [...scanLines(text.slice(start, end))];
  return lines.filter((line, at) => at !== 1 || !isTableDelimiter(line))
    .map((line) => start + line.start);
}

function findSentences(text: string, { start, end }: Span): number[] {
  // The segmenter ends a sentence at every line end, and prose may be wrapped.
  const prose = text.slice(start, end).replace(/[\r\n]/g, " ");
  return Array.from(sentences.segment(prose), (sentence) => start + sentence.index);
}

/** Cuts a span, leaving out every cut that would make a part of nothing but white space. */
function partsAt(text: string, span: Span, kind: SpanKind, cuts: number[]): Span[] {
  const parts: Span[] = [];
  const contentEnd = span.start + text.slice(span.start, span.end).trimEnd().length;
  const word = /\S/g;
  let start = span.start;
  let wordAt = -1;
  for (const cut of cuts) {
    if (cut >= contentEnd) break;
    if (wordAt < start) {
      word.lastIndex = start;
      wordAt = word.exec(text)?.index ?? span.end;
    }
    if (cut <= wordAt) continue;
    parts.push({ ...span, start, end: cut, kind });
    start = cut;
  }
  parts.push({ ...span, start, end: span.end, kind });
  return parts;
}

/** Words, joined up to `length` units; long white space between them stands alone. */
function splitAtSpaces(
  text: string,
  span: Span,
  kind: "phrase" | "word",
  length: number,
  spaceLength: number,
): Span[] {
  const parts: Span[] = [];
  let start = span.start;
  const cutAt = (end: number, kind: SpanKind) => {
    if (end > start) parts.push({ ...span, start, end, kind });
    start = Math.max(start, end);
  };
  let wordEnd = span.start;
  for (const word of text.slice(span.start, span.end).matchAll(/\S+/g)) {
    const wordStart = span.start + word.index;
    const isLongSpace = wordStart - wordEnd > spaceLength;
    if (isLongSpace) {
      cutAt(wordEnd, kind);
      cutAt(wordStart, "space");
    }
    const end = wordStart + word[0].length;
    if (end - start > length && wordEnd > span.start) cutAt(wordStart, kind);
    wordEnd = end;
  }
  if (span.end - wordEnd > spaceLength) cutAt(wordEnd, kind);
  cutAt(span.end, start === wordEnd ? "space" : kind);
  return parts;
}

/** Stretches of one word. White space around the word stays with the first and the last of them. */
function splitRun(text: string, span: Span): Span[] {
  const content = text.slice(span.start, span.end);
  const contentStart = span.start + content.length - content.trimStart().length;
  const contentEnd = span.start + content.trimEnd().length;
  const cuts = findRunCuts(text, contentStart, contentEnd);
  if (cuts.length === 0) return [];
  return [...cuts, span.end].map((end, at) => ({
    ...span,
    start: cuts[at - 1] ?? span.start,
    end,
    kind: "run",
  }));
}

function splitSpace(span: Span): Span[] {
  const size = Math.min(PHRASE_LENGTH, Math.ceil((span.end - span.start) / 2));
  const parts: Span[] = [];
  for (let start = span.start; size < span.end - span.start && start < span.end; start += size) {
    parts.push({ ...span, start, end: Math.min(start + size, span.end) });
  }
  return parts;
}
