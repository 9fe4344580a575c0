import { rawJson } from "../raw-json.ts";

/**
 * Parses JSON so that `JSON.stringify` writes every number with the letters it came with: `3.0`
 * stays `3.0` and `12345678901234567890` keeps all its digits. Such numbers are opaque
 * `JSON.rawJSON` values, so the result is for writing out, not for reading.
 *
 * Strings keep their characters (escapes that are not needed go), the last of two equal keys
 * wins, as in `jsonb`, and keys that look like array indexes come first in their object.
 */
export function parseLossless(text: string): unknown {
  return JSON.parse(text, (_key, value, { source }) => {
    const isChanged = typeof value === "number" && source !== undefined && String(value) !== source;
    return isChanged ? rawJson(source) : value;
  });
}
