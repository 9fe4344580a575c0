/** Prints rows as a table under a title, or one value beside it. */
export function printTable(title: string, rows: unknown): void {
  if (!Array.isArray(rows)) return console.log(`${title}: ${show(rows)}`);
  console.log(`\n${title}`);
  if (rows.length === 0) return console.log("  none");
  const columns = Object.keys(rows[0]);
  const lines = [columns, ...rows.map((row) => columns.map((column) => show(row[column])))];
  const widths = columns.map((_, at) => Math.max(...lines.map((line) => line[at]!.length)));
  for (const line of lines) {
    console.log(`  ${line.map((cell, at) => cell.padEnd(widths[at]!)).join("  ")}`.trimEnd());
  }
}

function show(value: unknown): string {
  if (value === null || value === undefined) return "-";
  if (typeof value === "number") return String(Math.round(value * 10) / 10);
  // What users' files and providers wrote may hold line breaks and escape sequences.
  // deno-lint-ignore no-control-regex
  return String(value).replaceAll(/[\u0000-\u001f\u007f-\u009f]+/g, " ").slice(0, 120);
}
