/** A line without its terminator, and where it lies in the text. */
export interface Line {
  start: number;
  /** Where the next line starts. */
  end: number;
  content: string;
  /** Columns of leading white space, a tab counting to the next multiple of four. */
  indent: number;
  isBlank: boolean;
}

const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;

/** Lines of `text` in order. LF, CRLF and a lone CR end a line; together they cover the text. */
export function* scanLines(text: string): Generator<Line> {
  let start = 0;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit !== LINE_FEED && unit !== CARRIAGE_RETURN) continue;
    const isPair = unit === CARRIAGE_RETURN && text.charCodeAt(at + 1) === LINE_FEED;
    const end = at + (isPair ? 2 : 1);
    yield toLine(text.slice(start, at), start, end);
    start = end;
    at = end - 1;
  }
  if (start < text.length) yield toLine(text.slice(start), start, text.length);
}

function toLine(content: string, start: number, end: number): Line {
  let indent = 0;
  let at = 0;
  for (; at < content.length; at++) {
    const character = content[at];
    if (character === " ") indent++;
    else if (character === "\t") indent += 4 - indent % 4;
    else break;
  }
  return { start, end, content, indent, isBlank: content.trim() === "" };
}
