/** What one pass over JSON text finds before anything is parsed. */
export interface JsonScan {
  /** Levels of nesting: `1` is 0, `[]` is 1, `[[]]` is 2. */
  readonly depth: number;
  /** True if every number survives `JSON.parse` and `JSON.stringify` letter for letter. */
  readonly hasExactNumbers: boolean;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
/** Makes `{` of `[` and `}` of `]`. */
const CURLY = 0x20;
const OPENING = 0x7b;
const CLOSING = 0x7d;

/**
 * Reads the text once, without a stack of its own, so that a depth of any size can be refused
 * before a recursive reader meets it. Text that is not JSON gives figures without meaning;
 * `JSON.parse` refuses it afterwards.
 */
export function scanJson(text: string): JsonScan {
  let depth = 0;
  let deepest = 0;
  let hasExactNumbers = true;
  for (let at = 0; at < text.length;) {
    const unit = text.charCodeAt(at);
    if (unit === QUOTE) {
      at = endOfString(text, at);
      continue;
    }
    if (startsNumber(unit)) {
      const end = endOfNumber(text, at);
      const lexeme = text.slice(at, end);
      hasExactNumbers &&= String(Number(lexeme)) === lexeme;
      at = end;
      continue;
    }
    if ((unit | CURLY) === OPENING) deepest = Math.max(deepest, ++depth);
    else if ((unit | CURLY) === CLOSING) depth--;
    at++;
  }
  return { depth: deepest, hasExactNumbers };
}

function endOfString(text: string, start: number): number {
  for (
    let quote = text.indexOf('"', start + 1);
    quote !== -1;
    quote = text.indexOf('"', quote + 1)
  ) {
    let backslashes = 0;
    while (text.charCodeAt(quote - 1 - backslashes) === BACKSLASH) backslashes++;
    if (backslashes % 2 === 0) return quote + 1;
  }
  return text.length;
}

function startsNumber(unit: number): boolean {
  return unit === 0x2d || (unit >= 0x30 && unit <= 0x39);
}

function endOfNumber(text: string, start: number): number {
  let end = start + 1;
  while (end < text.length && "0123456789+-.eE".includes(text.charAt(end))) end++;
  return end;
}
