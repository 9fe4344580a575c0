/**
 * Text from a model, at most so many characters of it, without NUL, other control characters and
 * halves of surrogate pairs, which PostgreSQL refuses.
 */
export function cleanText(text: string, max: number): string {
  // deno-lint-ignore no-control-regex
  return text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\ufffe\uffff]/g, "")
    .slice(0, max)
    .toWellFormed()
    .replaceAll("\ufffd", "")
    .trim();
}
