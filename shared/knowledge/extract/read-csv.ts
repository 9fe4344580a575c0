import { CsvError, parse } from "csv-parse/sync";
import { orCorrupt } from "./corrupt.ts";
import type { ExtractedText } from "./extracted-text.ts";
import { findCsvHead } from "./find-csv-head.ts";
import { assertTextLength } from "./limits.ts";

const DELIMITERS = [",", ";", "\t", "|"];
/** Rows that tell which delimiter it is, and where the head. */
const SAMPLE_ROWS = 20;
const SAMPLE_LENGTH = 20_000;
/** Excel's way to say it, above the head. */
const NAMED_DELIMITER = /^sep=([,;\t|])\r?\n/i;

/**
 * A table of values as a list with one item for each row, `- Name: Ada; Born: 1815`: every row can
 * be read alone, whichever passage it lands in, and passages are cut between items. Columns without
 * a head are numbered, titles above it are lines of their own. What has only one column stays as it
 * is.
 *
 * @throws DocumentError DOCUMENT_TOO_LARGE.
 */
export async function readCsv(text: string): Promise<ExtractedText> {
  return await orCorrupt("CSV file", () => {
    const [line, named] = NAMED_DELIMITER.exec(text) ?? [""];
    const table = text.slice(line.length);
    const delimiter = named ?? findDelimiter(table);
    if (delimiter === undefined) return { text, format: "text" };
    const { lines, columns } = listLines(table, delimiter);
    return { text: lines.join("\n"), format: "records", columns };
  });
}

function listLines(text: string, delimiter: string): { lines: string[]; columns: string[] } {
  let opening: string[][] = [];
  let lines: string[] = [];
  let columns: string[] | undefined;
  let length = 0;
  const add = (line: string) => {
    length += line.length + 1;
    assertTextLength(length);
    lines.push(line);
  };
  const open = () => {
    const { titles, head, rows } = findCsvHead(opening);
    const names = columns = head ?? numberColumns(rows);
    titles.forEach(add);
    rows.forEach((row) => add(toItem(names, row)));
    // A table of nothing but its head still says something.
    if (rows.length === 0) add(`- ${names.join("; ")}`);
  };
  readRows(text, delimiter, {
    begin: () => {
      [opening, lines, columns, length] = [[], [], undefined, 0];
    },
    take: (row) => {
      const cells = row.map((cell) => cell.replace(/\s+/g, " ").trim());
      if (cells.every((cell) => cell === "")) return;
      if (columns) return add(toItem(columns, cells));
      if (opening.push(cells) === SAMPLE_ROWS) open();
    },
  });
  if (!columns && opening.length > 0) open();
  return { lines, columns: columns ?? [] };
}

function numberColumns(rows: readonly string[][]): string[] {
  const width = Math.max(...rows.map((row) => row.length));
  return Array.from({ length: width }, (_, at) => `Column ${at + 1}`);
}

function toItem(head: readonly string[], cells: readonly string[]): string {
  const parts = cells.flatMap((cell, at) => {
    if (cell === "") return [];
    return head[at] ? `${head[at]}: ${cell}` : cell;
  });
  return `- ${parts.join("; ")}`;
}

interface RowReader {
  begin(): void;
  take(row: string[]): void;
}

/** Reads row by row and keeps none; begins again, taking quotes for letters, if one never closes. */
function readRows(text: string, delimiter: string, { begin, take }: RowReader): void {
  const read = (quote: '"' | false) => {
    begin();
    parse(text, {
      delimiter,
      quote,
      relax_column_count: true,
      relax_quotes: true,
      skip_empty_lines: true,
      on_record: (row: string[]) => {
        take(row);
        return null;
      },
    });
  };
  try {
    read('"');
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    read(false);
  }
}

/** The delimiter that makes the most rows of the same number of columns; undefined for none. */
function findDelimiter(text: string): string | undefined {
  let best: string | undefined;
  let most = 0;
  for (const delimiter of DELIMITERS) {
    const widths: number[] = [];
    readRows(text.slice(0, SAMPLE_LENGTH), delimiter, {
      begin: () => widths.length = 0,
      take: (row) => {
        if (widths.length < SAMPLE_ROWS) widths.push(row.length);
      },
    });
    // Not that of a title above the table.
    const width = widths.find((width) => width > 1);
    if (width === undefined) continue;
    const score = widths.filter((other) => other === width).length / widths.length + width / 1000;
    if (score > most) [best, most] = [delimiter, score];
  }
  return best;
}
