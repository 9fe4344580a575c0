import type { Check } from "./check.ts";

/** Prints a line for each check, what to do under those that failed, and a line that counts. */
export function printChecks(checks: Check[]): void {
  const width = Math.max(...checks.map(({ check }) => check.length));
  for (const { check, ok, detail, hint } of checks) {
    console.log(`${markOf(ok)}  ${check.padEnd(width)}  ${printable(detail)}`);
    if (hint) console.log(`${" ".repeat(width + 8)}${printable(hint)}`);
  }
  const count = (wanted: boolean | null) => checks.filter(({ ok }) => ok === wanted).length;
  console.log(`${count(true)} ok, ${count(false)} failed, ${count(null)} not asked`);
}

function markOf(ok: boolean | null): string {
  return ok === null ? "--  " : ok ? "ok  " : "FAIL";
}

/** Messages come from servers: nothing in them may move the terminal. */
function printable(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f]+/g, " ").slice(0, 400);
}
