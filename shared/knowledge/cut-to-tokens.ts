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
  let whole = countTokens(text);
  if (whole <= maxTokens) return { text, tokenCount: whole };
  let fits = 0;
  for (let tooLong = text.length; tooLong - fits > 1;) {
    const middle = Math.floor((fits + tooLong) / 2);
    whole = countTokens(text.slice(0, middle));
    if (whole <= maxTokens) fits = middle;
    else tooLong = middle;
  }
  const cut = text.slice(0, fits).toWellFormed();
  return { text: cut, tokenCount: countTokens(cut) };
}
