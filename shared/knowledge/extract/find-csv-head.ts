const NUMBER_OR_DATE = /^[-+(]?\p{Sc}?\s?\d[\d.,'’\s/:T-]*Z?(?:%|\p{Sc}|[A-Z]{3})?\)?$/u;
const YEAR = /^(?:19|20)\d\d$/;

/** How a table begins: lines of text above it, the names of its columns, its first rows. */
export interface CsvHead {
  titles: string[];
  /** Undefined where the first row is one of values. */
  head: string[] | undefined;
  rows: string[][];
}

/**
 * Tells titles and head from values in the first rows of a table. A row of its first cell alone is a
 * title if a fuller one follows. That names the columns, unless a cell of it is a number or a date
 * (but not a year above what are no years), or it has gaps or repetitions above rows of words alone.
 */
export function findCsvHead(rows: readonly string[][]): CsvHead {
  const full = rows.findIndex((row) => row.slice(1).some((cell) => cell !== ""));
  const start = Math.max(full, 0);
  const titles = rows.slice(0, start).map((row) => row[0] ?? "");
  const [first = [], ...others] = rows.slice(start);
  return isHead(first, others)
    ? { titles, head: first, rows: others }
    : { titles, head: undefined, rows: [first, ...others] };
}

function isHead(first: readonly string[], rows: readonly string[][]): boolean {
  const columns = first.map((name, at) => ({ name, cells: rows.map((row) => row[at] ?? "") }))
    .filter(({ name, cells }) => name !== "" || cells.some((cell) => cell !== ""));
  if (rows.length > 0 && columns.some(({ name, cells }) => isValue(name, cells))) return false;
  const names = columns.flatMap(({ name }) => name === "" ? [] : name);
  return new Set(names).size === columns.length ||
    columns.some(({ cells }) => cells.some((cell) => NUMBER_OR_DATE.test(cell)));
}

function isValue(name: string, cells: readonly string[]): boolean {
  return NUMBER_OR_DATE.test(name) && !(YEAR.test(name) && !cells.some((cell) => YEAR.test(cell)));
}
