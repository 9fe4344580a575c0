import { cleanMarkdown } from "./clean-markdown.ts";
import { cleanText } from "./clean-text.ts";
import type { Reading } from "./reading.ts";

/** Characters: a sheet full of notes has some ten thousand. */
const maxDescription = 60_000;
const maxEmbeddingText = 8_000;
const maxText = 1_000;
const maxItems = 500;

/**
 * A reading as it may be stored and shown: without NUL, other control characters and halves of
 * surrogate pairs, which PostgreSQL refuses; without links and images; within the limits.
 */
export function cleanReading(reading: Reading): Reading {
  return {
    description: cleanMarkdown(reading.description, maxDescription),
    detail_number: cleanLine(reading.detail_number),
    detail_title: cleanLine(reading.detail_title),
    cross_references: take(reading.cross_references, (reference) => ({
      kind: reference.kind,
      sheet: cleanLine(reference.sheet),
      detail: cleanLine(reference.detail),
      raw: cleanText(reference.raw, maxText),
    })),
    dimensions: take(reading.dimensions, ({ text, what, unit }) => ({
      text: cleanText(text, maxText),
      what: cleanLine(what),
      unit,
    })),
    spec_callouts: take(reading.spec_callouts, ({ text, section }) => ({
      text: cleanText(text, maxText),
      section: cleanLine(section),
    })),
    tables: take(reading.tables, ({ title, rows }) => ({
      title: cleanLine(title),
      rows: take(rows, (cells) => take(cells, (cell) => cleanText(cell, maxText))),
    })),
    ambiguities: take(reading.ambiguities, (text) => cleanText(text, maxText)),
    embedding_text: cleanText(reading.embedding_text, maxEmbeddingText),
  };
}

function take<T, R>(items: T[], clean: (item: T) => R): R[] {
  return items.slice(0, maxItems).map(clean);
}

function cleanLine(text: string | null): string | null {
  return text === null ? null : cleanText(text, maxText).replace(/\s+/g, " ").trim() || null;
}
