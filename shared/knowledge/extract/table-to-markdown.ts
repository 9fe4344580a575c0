import type { HtmlElement } from "./html-node.ts";
import { assertTagCount, MAX_HTML_TAGS } from "./limits.ts";

const MAX_SPAN = 100;

/**
 * A table as rows of Markdown, the first of them its head. A cell that spans rows or columns is
 * repeated in each, so that every row can be read alone.
 *
 * @throws DocumentError DOCUMENT_TOO_LARGE for more cells than a page can have.
 * @param textOf what a cell says, on as many lines as it likes.
 */
export function tableToMarkdown(
  table: HtmlElement,
  textOf: (cell: HtmlElement) => string,
): string {
  const rows = toGrid(table, textOf).filter((row) => row.some((cell) => cell !== ""));
  const width = Math.max(0, ...rows.map((row) => row.length));
  if (width === 0) return "";
  // One column, or one row, is layout and not a table.
  if (width === 1) return rows.map(([cell]) => cell).join("\n\n");
  if (rows.length === 1) return rows[0]!.filter((cell) => cell !== "").join(" ");
  return toMarkdownTable(rows);
}

/** Rows of cells as a Markdown table; short rows are filled up. */
export function toMarkdownTable(rows: readonly (readonly string[])[]): string {
  const width = Math.max(0, ...rows.map((row) => row.length));
  const lines = rows.map((row) => {
    const cells = Array.from({ length: width }, (_, at) => toCell(row[at] ?? ""));
    return `| ${cells.join(" | ")} |`;
  });
  lines.splice(1, 0, `|${" --- |".repeat(width)}`);
  return lines.join("\n");
}

function toCell(text: string): string {
  return text.replace(/\s+/g, " ").trim().replaceAll("|", "\\|");
}

function toGrid(table: HtmlElement, textOf: (cell: HtmlElement) => string): string[][] {
  const rows: string[][] = [];
  let spans: { column: number; text: string; left: number }[] = [];
  let count = 0;
  for (const tr of rowsOf(table)) {
    const row: string[] = [];
    for (const { column, text } of spans) row[column] = text;
    spans = spans.flatMap((span) => span.left > 1 ? { ...span, left: span.left - 1 } : []);
    let column = 0;
    for (const cell of Array.from(tr.children).filter(isCell)) {
      const text = toCell(textOf(cell)).replaceAll("\\|", "|");
      const rowSpan = spanOf(cell, "rowspan");
      for (let at = 0; at < spanOf(cell, "colspan"); at++) {
        while (row[column] !== undefined) column++;
        row[column] = text;
        if (rowSpan > 1) spans.push({ column, text, left: rowSpan - 1 });
      }
    }
    assertTagCount(count += row.length, MAX_HTML_TAGS);
    rows.push(Array.from(row, (text) => text ?? ""));
  }
  return rows;
}

/** The rows of this table and of no table inside it. */
function rowsOf(table: HtmlElement): HtmlElement[] {
  return Array.from(table.children).flatMap((child) =>
    child.nodeName.toUpperCase() === "TR"
      ? [child]
      : /^(?:THEAD|TBODY|TFOOT)$/i.test(child.nodeName)
      ? Array.from(child.children).filter(({ nodeName }) => nodeName.toUpperCase() === "TR")
      : []
  );
}

function isCell({ nodeName }: HtmlElement): boolean {
  return /^T[DH]$/i.test(nodeName);
}

function spanOf(cell: HtmlElement, name: "colspan" | "rowspan"): number {
  const span = Number(cell.getAttribute(name) ?? 1);
  return Number.isInteger(span) ? Math.min(Math.max(span, 1), MAX_SPAN) : 1;
}
