import { escapeMarkdown } from "./escape-markdown.ts";
import type { ExtractedText, PageStart } from "./extracted-text.ts";
import { type JoinLines, learnToJoin } from "./learn-to-join.ts";
import { type PdfLine, textOfLine } from "./pdf-lines.ts";
import { findTable } from "./pdf-tables.ts";
import { repeatHeads } from "./repeat-heads.ts";
import { toMarkdownTable } from "./table-to-markdown.ts";

/** Of the size of the text around it. */
const HEADING_SIZE = 1.15;
const SEPARATOR = "\n\n";
const HEADING_LENGTH = 200;
const MAX_HEADING_LEVEL = 6;
/** Of the usual distance between two lines of the page. */
const PARAGRAPH_GAP = 1.3;
const LIST_ITEM = /^(?:[-*•◦▪–]|\d{1,3}[.)]|[a-z]\))\s/;

/** Lines of pages, or what a page is in Markdown already, as Markdown; a page begins a paragraph. */
export function pagesToMarkdown(pages: readonly (PdfLine[] | string)[]): ExtractedText {
  const levels = rankHeadings(pages);
  const join = learnToJoin(pages);
  const continued = repeatHeads(pages);
  const starts: PageStart[] = [];
  const parts: string[] = [];
  let length = 0;
  continued.forEach((page, index) => {
    const blocks = typeof page === "string" ? [page.trim()] : blocksOf(page, levels, join);
    if (blocks.join("") === "") return;
    starts.push({ page: index + 1, startOffset: length });
    const part = blocks.join(SEPARATOR);
    parts.push(part);
    length += part.length + SEPARATOR.length;
  });
  return { text: parts.join(SEPARATOR), format: "markdown", pages: starts };
}

/** The level of each size of letters that headings have, the largest first. */
function rankHeadings(pages: readonly (PdfLine[] | string)[]): ReadonlyMap<number, number> {
  const lengths = new Map<number, number>();
  for (const line of pages.flat()) {
    if (typeof line === "string") continue;
    const size = roundSize(line.size);
    lengths.set(size, (lengths.get(size) ?? 0) + textOfLine(line).length);
  }
  const [body = 0] = [...lengths].toSorted((a, b) => b[1] - a[1])[0] ?? [];
  const sizes = [...lengths.keys()].filter((size) => size >= body * HEADING_SIZE)
    .toSorted((a, b) => b - a);
  return new Map(sizes.map((size, at) => [size, Math.min(at + 1, MAX_HEADING_LEVEL)]));
}

function blocksOf(
  lines: readonly PdfLine[],
  levels: ReadonlyMap<number, number>,
  join: JoinLines,
): string[] {
  const gap = usualGap(lines);
  const blocks: string[] = [];
  for (let at = 0; at < lines.length;) {
    const table = findTable(lines, at);
    if (table) {
      blocks.push(toMarkdownTable(table.rows));
      at += table.lineCount;
      continue;
    }
    const start = at++;
    const first = lines[start]!;
    while (
      at < lines.length && continues(lines[at - 1]!, lines[at]!, gap) && !findTable(lines, at)
    ) {
      at++;
    }
    const text = lines.slice(start, at).map(textOfLine).reduce((text, line) => join(text, line));
    const level = levels.get(roundSize(first.size));
    const isHeading = level && text.length <= HEADING_LENGTH && /\p{L}/u.test(text);
    blocks.push(isHeading ? `${"#".repeat(level)} ${text}` : escapeMarkdown(text));
  }
  return blocks;
}

function continues(above: PdfLine, line: PdfLine, usualGap: number): boolean {
  const gap = above.y - line.y;
  return above.turn === line.turn && roundSize(above.size) === roundSize(line.size) && gap > 0 &&
    gap <= usualGap * PARAGRAPH_GAP && !LIST_ITEM.test(textOfLine(line));
}

/** The median of the distances between lines of one size. */
function usualGap(lines: readonly PdfLine[]): number {
  const gaps = lines.flatMap((line, at) => {
    const above = lines[at - 1];
    const gap = above && roundSize(above.size) === roundSize(line.size) ? above.y - line.y : 0;
    return gap > 0 && gap < 3 * line.size ? gap : [];
  }).toSorted((a, b) => a - b);
  return gaps[Math.floor((gaps.length - 1) / 2)] ?? 0;
}

function roundSize(size: number): number {
  return Math.round(size * 2) / 2;
}
