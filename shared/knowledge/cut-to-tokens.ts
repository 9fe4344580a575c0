import type { CountedText } from "../providers/embed-texts.ts";

/**
 * As much of the beginning of a text as has so many tokens of cl100k_base, with their number, which
 * is a guess where the text is short enough whatever it has. The counter is loaded for a long one
 * only: its table costs some 30 MB.
 */
export async function cutToTokens(text: string, maxTokens: number): Promise<CountedText> {
  // No token is less than a byte.
  if (new TextEncoder().encode(text).byteLength <= maxTokens) {
    return { text, tokenCount: Math.ceil(text.length / 3) };
  }
  const { countTokens } = await import("./count-tokens.ts");
  const whole = countTokens(text);
  if (whole <= maxTokens) return { text, tokenCount: whole };
  let fits = 0;
  for (let tooLong = text.length; tooLong - fits > 1;) {
    const middle = Math.floor((fits + tooLong) / 2);
    if (countTokens(text.slice(0, middle)) <= maxTokens) fits = middle;
    else tooLong = middle;
  }
  // Not in the middle of a character.
  const cut = text.slice(0, fits).replace(/[\ud800-\udbff]$/, "");
  return { text: cut, tokenCount: countTokens(cut) };
}
