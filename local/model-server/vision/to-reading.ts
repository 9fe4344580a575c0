import { type Reading } from "../../../shared/enrichment/reading.ts";
import { toMarkdownTable } from "../../../shared/knowledge/extract/table-to-markdown.ts";
import { escapeMarkdown } from "../../../shared/knowledge/extract/escape-markdown.ts";
import { type Block, findBlocks } from "./find-blocks.ts";
import { findTables, type Table } from "./find-tables.ts";
import { findTitleBlock } from "./find-title-block.ts";
import { findDimensions } from "./grammar/find-dimensions.ts";
import { findReferences } from "./grammar/find-references.ts";
import { findSpecCallouts } from "./grammar/find-spec-callouts.ts";
import { sureConfidence } from "./is-legible.ts";
import { orderBlocks } from "./order-blocks.ts";
import type { TextLine } from "./text-line.ts";

/** Of the drawing; it measures nothing in it. */
const scale = /^SCALE\b/i;

/** Longer texts tell nothing about one dimension. */
const longestWhat = 160;

/** What the lines of a drawing say, in the order of reading, by layout and grammar alone. */
export function toReading(lines: TextLine[]): Reading {
  const { number, title } = findTitleBlock(lines);
  const { tables, rest } = findTables(lines);
  const parts = orderByTurn([
    ...findBlocks(rest),
    ...tables.map((table) => withTurn(table, lines)),
  ]);
  const texts: string[] = parts.map((part) => "rows" in part ? tableText(part) : part.text);
  const references = texts.flatMap(findReferences)
    .filter(({ detail }) => !isSame(detail, number));
  return {
    description: describe(number, title, parts),
    detail_number: number,
    detail_title: title,
    cross_references: distinct(references),
    dimensions: texts.flatMap((text) =>
      scale.test(text)
        ? []
        : findDimensions(text).map((dimension) => ({ ...dimension, what: measured(text) }))
    ),
    spec_callouts: distinct(texts.flatMap(findSpecCallouts)),
    tables: tables.map(({ title, rows }) => ({ title, rows })),
    ambiguities: lines.flatMap(doubtsOf),
    embedding_text: [title, number && `Detail ${number}`, ...texts]
      .filter((text) => text).map((text) => `${text}.`.replace(/[.:;,]+\.$/, ".")).join(" "),
  };
}

/** What the lines of a page say, in the order of reading, as Markdown. */
export function toTranscript(lines: TextLine[]): string {
  const { tables, rest } = findTables(lines);
  const placed = tables.map((table) => withTurn(table, lines));
  return describe(null, null, orderByTurn([...findBlocks(rest), ...placed]));
}

type Part = Block | (Table & { turn: Block["turn"] });

/** The direction that has most text first; within each, by white space. */
function orderByTurn(parts: Part[]): Part[] {
  const amount = (parts: Part[]) =>
    parts.reduce((sum, part) => sum + ("rows" in part ? tableText(part) : part.text).length, 0);
  return [...Map.groupBy(parts, ({ turn }) => turn).values()]
    .sort((a, b) => amount(b) - amount(a))
    .flatMap((parts) => orderBlocks(parts));
}

function withTurn(table: Table, lines: TextLine[]): Part {
  const inside = lines.find((line) =>
    line.left >= table.left && line.top >= table.top &&
    line.right <= table.right && line.bottom <= table.bottom &&
    table.rows.flat().join(" ").includes(line.text)
  );
  return { ...table, turn: inside?.turn ?? 0 };
}

function tableText({ rows }: Table): string {
  return rows.map((cells) => cells.filter(Boolean).join(" ")).join("; ");
}

function describe(number: string | null, title: string | null, parts: Part[]): string {
  const heading = [number, title].filter(Boolean).join(": ");
  return [
    heading && `# ${heading}`,
    ...parts.map((part) =>
      "rows" in part
        ? toMarkdownTable(part.rows)
        : part.lines.map(({ text }) => escapeMarkdown(text)).join("\n")
    ),
  ].filter(Boolean).join("\n\n");
}

function measured(text: string): string | null {
  const words = text.replace(/\b(?:MIN|MAX|TYP|mm|cm|DIA|CLR)\b/gi, "").match(/\p{L}{3,}/gu);
  return words && text.length <= longestWhat ? text : null;
}

function doubtsOf({ text, words }: TextLine): string[] {
  return words
    .filter(({ text, confidence }) => confidence < sureConfidence && /[\p{L}\p{N}]/u.test(text))
    .map(({ text: word, confidence }) =>
      `"${word}"${word === text ? "" : ` in "${text}"`} is uncertain (${Math.round(confidence)} %)`
    );
}

function distinct<T>(items: T[]): T[] {
  return [...new Map(items.map((item) => [JSON.stringify(item), item])).values()];
}

/** A library's numbers are written with and without its name: SD081113-01, 08 11 13-01. */
function isSame(detail: string | null, number: string | null): boolean {
  const [a, b] = [detail, number].map((text) => text?.replace(/[^\p{L}\p{N}]/gu, "").toUpperCase());
  return !!a && !!b && (a === b || a.length >= 8 && b.endsWith(a));
}
