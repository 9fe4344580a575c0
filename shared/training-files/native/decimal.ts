import { rawJson } from "../raw-json.ts";

/**
 * A number for `JSON.stringify` that always has a decimal point: `3.0`, not `3`, since a reader
 * such as Hugging Face `datasets` makes the first value's type the column's.
 */
export function decimal(value: number | null): unknown {
  if (value === null) return null;
  return Number.isInteger(value) ? rawJson(`${value}.0`) : value;
}
