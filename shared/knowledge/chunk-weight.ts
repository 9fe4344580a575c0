import { countTokens } from "./count-tokens.ts";
import type { Span } from "./chunk-spans.ts";

const UNITS_PER_TOKEN = 8;

/**
 * Tokens that a span is expected to add to a chunk, or Infinity if it is more than a chunk holds.
 * Token counts do not add up exactly, so this steers the packing and the finished chunk is counted.
 *
 * Eight UTF-16 units weigh at least one token: text of words has four to five a token, while runs of
 * one character, which have up to 128, would make chunks that no embedding model reads well.
 */
export function weighSpan(text: string, span: Span, maxTokens: number): number {
  const byLength = (span.end - span.start) / UNITS_PER_TOKEN;
  if (byLength > maxTokens) return Infinity;
  // A single space at the end will be part of the first token of the word after it.
  const endsInSpace = text[span.end - 1] === " " && /\S/.test(text[span.end - 2] ?? " ");
  const tokens = countTokens(text.slice(span.start, endsInSpace ? span.end - 1 : span.end));
  const weight = Math.max(tokens, Math.ceil(byLength));
  return weight > maxTokens ? Infinity : weight;
}
