import type { JsonPath } from "./json-path.ts";
import type { JsonScan } from "./scan-json.ts";

/** Something that JSON can carry and that a database or a trainer cannot. */
export interface Flaw {
  readonly path: JsonPath;
  readonly kind: "infinite number" | "NUL character" | "lone surrogate";
}

const LIMIT = 1000;

/** UTF-8 has no lone surrogate and JSON no bare NUL: both come as escapes. */
const FLAW_HINT = /\\u(?:0000|d[89a-f])/i;

/** Whether the value of a JSON text may have flaws: most need no walk. */
export function mayHaveFlaws(text: string, { hasExactNumbers }: JsonScan): boolean {
  return !hasExactNumbers || FLAW_HINT.test(text);
}

/**
 * Lists, in document order, the numbers beyond the double range (`1e400`) and the strings and
 * keys with a NUL or a lone surrogate. Stops at 1,000. The value must be of bounded depth.
 */
export function findFlaws(value: unknown): Flaw[] {
  const flaws: Flaw[] = [];
  visit(value, [], flaws);
  return flaws;
}

/** Names what makes this string unfit for a row, or returns null. */
export function flawOfText(text: string): "NUL character" | "lone surrogate" | null {
  if (text.includes("\0")) return "NUL character";
  return text.isWellFormed() ? null : "lone surrogate";
}

/** `path` is one stack for the whole walk; a flaw keeps a copy. */
function visit(value: unknown, path: PropertyKey[], flaws: Flaw[]): void {
  if (flaws.length >= LIMIT) return;
  if (typeof value === "string") {
    const kind = flawOfText(value);
    if (kind) flaws.push({ path: [...path], kind });
  } else if (typeof value === "number") {
    if (!Number.isFinite(value)) flaws.push({ path: [...path], kind: "infinite number" });
  } else if (Array.isArray(value)) {
    value.forEach((item, index) => visitAt(index, item, path, flaws));
  } else if (typeof value === "object" && value !== null) {
    for (const [key, item] of Object.entries(value)) {
      const kind = flawOfText(key);
      if (kind) flaws.push({ path: [...path, key], kind });
      visitAt(key, item, path, flaws);
    }
  }
}

function visitAt(step: PropertyKey, value: unknown, path: PropertyKey[], flaws: Flaw[]): void {
  path.push(step);
  visit(value, path, flaws);
  path.pop();
}
