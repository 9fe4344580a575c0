import { type PdfLine, textOfLine } from "./pdf-lines.ts";
import { findTable } from "./pdf-tables.ts";

const PAGE_NUMBER = /^(?:page|seite)?[\s-]{0,3}\d{1,4}(?: ?(?:of|von|\/) ?\d{1,4})?[\s-]{0,3}$/i;

/**
 * Pages of which one that begins with more rows of the table that the page before ends with has its
 * head, too.
 */
export function repeatHeads(
  pages: readonly (PdfLine[] | string)[],
): (PdfLine[] | string)[] {
  let head: PdfLine | undefined;
  return pages.map((page) => {
    const lines = typeof page === "string" ? page : withHead(page, head);
    head = typeof lines === "string" ? undefined : findLastHead(lines);
    return lines;
  });
}

function withHead(lines: PdfLine[], head: PdfLine | undefined): PdfLine[] {
  const [first] = lines;
  if (!head || !first || first.cells.length !== head.cells.length) return lines;
  const offset = Math.abs(first.cells[0]!.x - head.cells[0]!.x);
  if (offset > head.size || textOfLine(first) === textOfLine(head)) return lines;
  const continued = [{ ...head, y: first.y + first.size, turn: first.turn }, ...lines];
  return findTable(continued, 0) ? continued : lines;
}

/** That of the table with which the page ends, but for its number. */
function findLastHead(lines: readonly PdfLine[]): PdfLine | undefined {
  const last = lines.at(-1);
  const end = lines.length - (last && PAGE_NUMBER.test(textOfLine(last)) ? 1 : 0);
  for (let at = 0; at < end;) {
    const table = findTable(lines, at);
    if (table && at + table.lineCount >= end) return lines[at];
    at += table?.lineCount ?? 1;
  }
}
