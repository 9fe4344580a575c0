import { type PdfLine, textOfLine } from "./pdf-lines.ts";

/** Rows of a table, and how many lines of the page they take. */
export interface PdfTable {
  rows: string[][];
  lineCount: number;
}

/** In letters, on average. Longer, and the gaps part columns of prose. */
const CELL_LENGTH = 40;
/** Of the letters' size: lines further apart are not of one table. */
const ROW_GAP = 4;
/** Of the distance between the first two rows: other lines are not of them. */
const MAX_PITCH = 1.2;
/** Lines of a cell below its first. */
const MAX_WRAPPED = 3;

/**
 * The table that starts at this line: two or more lines that gaps part into cells, each of them over
 * a cell of the first line or under it. A line of one cell between rows goes on with the cell above
 * it, or is a row where it is the first of its line.
 */
export function findTable(lines: readonly PdfLine[], start: number): PdfTable | undefined {
  const head = lines[start]!;
  if (head.cells.length < 2) return undefined;
  const rows = [head.cells.map(({ text }) => text)];
  let at = start + 1;
  for (; at < lines.length; at++) {
    const line = lines[at]!;
    const gap = lines[at - 1]!.y - line.y;
    if (line.turn !== head.turn || gap <= 0 || gap > ROW_GAP * line.size) break;
    const columns = columnsOf(head, line);
    const isAlone = line.cells.length < 2;
    if (!columns || isAlone && (rows.length < 2 || !isBetweenRows(lines, start, at))) break;
    const [column = 0] = columns;
    const above = rows.at(-1)!;
    if (isAlone && column > 0) {
      above[column] = `${above[column]} ${textOfLine(line)}`.trim();
      continue;
    }
    const row = head.cells.map(() => "");
    line.cells.forEach(({ text }, index) => row[columns[index]!] = text);
    rows.push(row);
  }
  const cells = rows.flat();
  const length = cells.reduce((sum, text) => sum + text.length, 0);
  const isTable = rows.length >= 2 && length <= cells.length * CELL_LENGTH;
  return isTable ? { rows, lineCount: at - start } : undefined;
}

/** Whether a line of one cell is in the table: close to it, in one column, and above another row. */
function isBetweenRows(lines: readonly PdfLine[], start: number, at: number): boolean {
  const pitch = MAX_PITCH * (lines[start]!.y - lines[start + 1]!.y);
  const [cell] = lines[at]!.cells;
  const columns = lines[start]!.cells.filter(({ x, end }) => cell && cell.x < end && cell.end > x);
  const below = lines.slice(at, at + MAX_WRAPPED + 1);
  const next = below.findIndex(({ cells }) => cells.length > 1);
  return columns.length === 1 && next > 0 &&
    below.slice(0, next + 1).every(({ y }, index) => lines[at + index - 1]!.y - y <= pitch);
}

/** The column of each cell, if every one has its own. */
function columnsOf(head: PdfLine, line: PdfLine): number[] | undefined {
  if (line.cells.length > head.cells.length) return undefined;
  if (line.cells.length === head.cells.length) return line.cells.map((_, at) => at);
  const columns = line.cells.map((cell) =>
    head.cells.findIndex(({ x, end }) => cell.x < end && cell.end > x)
  );
  const isDistinct = new Set(columns).size === columns.length;
  return isDistinct && !columns.includes(-1) ? columns : undefined;
}
