import type { Box } from "./find-marks.ts";
import { joinRows } from "./join-rows.ts";
import type { TextLine } from "./text-line.ts";

/** Text that stands in columns. */
export interface Table extends Box {
  title: string | null;
  rows: string[][];
}

const fewestRows = 3;

/** In heights of a letter: the gap between two columns, and the way from a row to the next. */
const [narrowestGap, widestGap, widestPitch] = [1.5, 16, 3.5];

/**
 * Finds tables by their layout: at least three rows, one below the other, whose cells start (or
 * have their middles) at the same places. A row with one cell in a later column goes on in that
 * column. Answers the lines that are in no table as `rest`.
 */
export function findTables(lines: TextLine[]): { tables: Table[]; rest: TextLine[] } {
  const tables: Table[] = [];
  const taken = new Set<TextLine>();
  const turns = [...Map.groupBy(lines, ({ turn }) => turn).values()];
  for (const line of turns.flatMap((lines) => joinRows(lines).flat())) {
    if (taken.has(line)) continue;
    const table = growTable(line, lines.filter((other) => !taken.has(other)));
    if (!table) continue;
    for (const cell of table.cells) taken.add(cell);
    tables.push(table.table);
  }
  return { tables, rest: lines.filter((line) => !taken.has(line)) };
}

/** The table whose upper left cell is `first`, if there is one. */
function growTable(
  first: TextLine,
  lines: TextLine[],
): { table: Table; cells: TextLine[] } | undefined {
  const { size, turn } = first;
  const isAlike = (line: TextLine) =>
    line.turn === turn && line.size <= 1.4 * size && size <= 1.4 * line.size;
  const rows = joinRows(
    lines.filter((line) =>
      isAlike(line) && line.bottom > first.top && line.left > first.left - size
    ),
  );
  const start = rows.findIndex((row) => row.includes(first));
  const columns = columnsOf(rows.slice(start), size);
  if (columns.length < 2) return undefined;

  const cells: TextLine[] = [];
  const grid: string[][] = [];
  let below = first.top;
  let full = 0;
  for (const row of rows.slice(start)) {
    const placed = row.flatMap((line) => {
      const column = columns.findIndex((column) => isIn(line, column, size));
      return column < 0 ? [] : { line, column };
    });
    if (placed.length === 0) continue;
    if (placed[0]!.line.top - below > widestPitch * size) break;
    if (placed.length === 1 && placed[0]!.column > 0 && grid.length > 0) {
      const last = grid.at(-1)!;
      last[placed[0]!.column] = `${last[placed[0]!.column]} ${placed[0]!.line.text}`.trim();
    } else {
      const texts = columns.map(() => "");
      for (const { line, column } of placed) texts[column] = `${texts[column]} ${line.text}`.trim();
      grid.push(texts);
      if (placed.length > 1) full++;
    }
    cells.push(...placed.map(({ line }) => line));
    below = Math.max(...placed.map(({ line }) => line.bottom));
  }
  if (full < fewestRows || full < 0.6 * grid.length) return undefined;
  const box = around(cells);
  return { table: { ...box, title: titleAbove(box, lines, cells, size), rows: grid }, cells };
}

/** The cells of the first row that begins a table: each has two more below it, right under it. */
function columnsOf(rows: TextLine[][], size: number): TextLine[] {
  const [head] = rows;
  if (!head) return [];
  const columns: TextLine[] = [];
  for (const cell of head) {
    const last = columns.at(-1);
    const gap = last ? cell.left - last.right : Infinity;
    if (last && (gap < narrowestGap * size || gap > widestGap * size)) continue;
    let below = cell.bottom;
    let found = 1;
    for (const row of rows.slice(1)) {
      const next = row.find((line) => isIn(line, cell, size));
      if (!next) continue;
      if (next.top - below > widestPitch * size) break;
      below = next.bottom;
      found++;
    }
    if (found >= fewestRows) columns.push(cell);
  }
  return columns;
}

function isIn(line: TextLine, column: TextLine, size: number): boolean {
  const isNear = (a: number, b: number) => Math.abs(a - b) <= 0.7 * size;
  return isNear(line.left, column.left) ||
    isNear((line.left + line.right) / 2, (column.left + column.right) / 2);
}

function titleAbove(box: Box, lines: TextLine[], cells: TextLine[], size: number): string | null {
  const title = lines.findLast((line) =>
    !cells.includes(line) && line.turn === cells[0]?.turn && line.bottom <= box.top + size / 2 &&
    box.top - line.bottom <= 4 * size && line.right > box.left && line.left < box.right
  );
  return title?.text ?? null;
}

function around(boxes: Box[]): Box {
  return {
    left: Math.min(...boxes.map(({ left }) => left)),
    top: Math.min(...boxes.map(({ top }) => top)),
    right: Math.max(...boxes.map(({ right }) => right)),
    bottom: Math.max(...boxes.map(({ bottom }) => bottom)),
  };
}
