import { ENCODER_MAX_TOKENS } from "./sentence-encoder.ts";

/** A run of words that the model reads whole. */
export interface TextWindow {
  text: string;
  tokens: number;
}

/** Longer words (encoded data, text without spaces) are cut, so that a piece fits in a window. */
const WORD = /\S{1,100}/gu;

/**
 * Cuts a text into windows of at most 128 tokens and of about the same length, between words.
 * White space becomes single spaces: the tokenizer knows no line break and would read
 * "end\nstart" as one word. A text of white space alone is one window.
 *
 * Returns undefined, and stops reading, when the text has more than `maxTokens`.
 */
export function splitWindows(
  text: string,
  countTokens: (word: string) => number,
  maxTokens: number,
): TextWindow[] | undefined {
  const words: TextWindow[] = [];
  let total = 0;
  for (const [word] of text.normalize("NFKC").matchAll(WORD)) {
    const tokens = countTokens(word);
    total += tokens;
    if (total > maxTokens) return undefined;
    words.push({ text: word, tokens });
  }
  if (words.length === 0) return [{ text: " ", tokens: countTokens(" ") }];
  return pack(words, total / Math.ceil(total / ENCODER_MAX_TOKENS));
}

/** Joins words to windows: a window is closed once it has `target` tokens, and never passes 128. */
function pack(words: TextWindow[], target: number): TextWindow[] {
  const windows: TextWindow[] = [];
  let open: string[] = [];
  let tokens = 0;
  for (const word of words) {
    if (open.length > 0 && (tokens >= target || tokens + word.tokens > ENCODER_MAX_TOKENS)) {
      windows.push({ text: open.join(" "), tokens });
      open = [];
      tokens = 0;
    }
    open.push(word.text);
    tokens += word.tokens;
  }
  windows.push({ text: open.join(" "), tokens });
  return windows;
}
