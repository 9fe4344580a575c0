/** What a UTF-16 unit may be in a plain word. */
const OTHER = 0;
const LOWER = 1;
const UPPER = 2;
/** Ends a plain word whatever follows. */
const END = 3;

const SPACE = 0x20;

/** Scripts with capitals, and the punctuation that goes with them, lie below. */
const UNITS = 0x2030;

const KINDS = Uint8Array.from({ length: UNITS }, (_, unit) => kindOf(String.fromCharCode(unit)));

/**
 * Where the piece of a text that begins at `start` ends, by the pattern of an encoding with the flag
 * `y` for `g`. Most pieces are plain words, which are told without the pattern.
 */
export function endOfPiece(text: string, start: number, pattern: RegExp): number {
  const end = endOfPlainWord(text, start);
  if (end !== start) return end;
  pattern.lastIndex = start;
  // The patterns leave no character out; if one did, it would be a piece.
  return pattern.test(text) ? pattern.lastIndex : start + 1;
}

/**
 * The end of a word with its leading space, if the patterns of both encodings are sure to end it
 * there; else `start`. They go on at an apostrophe, and differ on marks and on capitals within a word.
 */
function endOfPlainWord(text: string, start: number): number {
  const first = text.charCodeAt(start) === SPACE ? start + 1 : start;
  let end = first;
  if (kindAt(text, end) === UPPER) end++;
  while (kindAt(text, end) === LOWER) end++;
  return end > first && kindAt(text, end) === END ? end : start;
}

function kindAt(text: string, at: number): number {
  if (at >= text.length) return END;
  const unit = text.charCodeAt(at);
  return unit < UNITS ? KINDS[unit]! : OTHER;
}

function kindOf(character: string): number {
  if (/\p{Ll}/u.test(character)) return LOWER;
  if (/\p{Lu}/u.test(character)) return UPPER;
  return /['\p{L}\p{M}]/u.test(character) ? OTHER : END;
}
