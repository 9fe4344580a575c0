import type { AuditCheck } from "./audit-check.ts";

/** Of each check, under its line. */
const shownDifferences = 5;

/** Prints a line for each check, the first differences under it, and a line that counts. */
export function printAudit(checks: AuditCheck[]): void {
  const width = Math.max(...checks.map(({ check }) => check.length));
  const indent = " ".repeat(width + 8);
  for (const { check, difference_count, differences, hint } of checks) {
    const mark = difference_count === 0 ? "ok  " : "DIFF";
    console.log(`${mark}  ${check.padEnd(width)}  ${difference_count}`);
    for (const { id, detail } of differences.slice(0, shownDifferences)) {
      console.log(`${indent}${printable(id)}: ${printable(detail)}`);
    }
    if (hint) console.log(`${indent}${hint}`);
  }
  const count = checks.reduce((sum, { difference_count }) => sum + difference_count, 0);
  console.log(`${checks.length} checks, ${count} ${count === 1 ? "difference" : "differences"}`);
}

/** Names of objects come from users: nothing in them may move the terminal. */
function printable(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f]+/g, " ").slice(0, 300);
}
