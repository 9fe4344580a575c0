/** A stretch of text on a page, as pdf.js gives it. */
export interface PdfTextItem {
  str: string;
  /** Scale, skew, and at 4 and 5 the place of the baseline, from the lower left corner. */
  transform: number[];
  width: number;
}

/** A stretch of a line with no wide gap in it. */
export interface PdfCell {
  text: string;
  x: number;
  end: number;
}

/** A line of a page: one cell, or more where wide gaps part it. */
export interface PdfLine {
  cells: PdfCell[];
  /** Along its letters, as if they stood upright. */
  y: number;
  /** How many quarters its letters are turned, against the clock. */
  turn: number;
  /** Of the letters, in points. */
  size: number;
}

/** Of the letters' size. Words are about a quarter apart, justified ones up to one. */
const CELL_GAP = 1.6;
const WORD_GAP = 0.15;
/** How far off its baseline a raised or lowered letter still belongs to the line. */
const SAME_LINE = 0.5;

/** The lines of a page in the order in which they were written, also of one that lies on its side. */
export function linesOfPage(items: readonly PdfTextItem[]): PdfLine[] {
  const lines: PdfLine[] = [];
  let isAfterSpace = false;
  for (const item of items) {
    const text = clean(item.str);
    if (text.trim() === "") {
      isAfterSpace ||= text !== "";
      continue;
    }
    const { x, y, turn, size } = placeOf(item);
    const line = lines.at(-1);
    const last = line?.cells.at(-1);
    const isSameLine = line && last && line.turn === turn &&
      Math.abs(line.y - y) < SAME_LINE * line.size && x > last.x - line.size;
    if (!isSameLine) {
      lines.push({ cells: [{ text, x, end: x + item.width }], y, turn, size });
    } else if (x - last.end > CELL_GAP * line.size) {
      line.cells.push({ text, x, end: x + item.width });
    } else {
      const isApart = isAfterSpace || x - last.end > WORD_GAP * line.size;
      last.text += isApart ? ` ${text}` : text;
      last.end = Math.max(last.end, x + item.width);
      // Small letters at the start of a line, such as a footnote's number, do not tell its size.
      line.size = Math.max(line.size, size);
    }
    isAfterSpace = false;
  }
  for (const { cells } of lines) for (const cell of cells) cell.text = tidy(cell.text);
  return lines;
}

/** The words of a line, a space between its cells. */
export function textOfLine({ cells }: PdfLine): string {
  return cells.map(({ text }) => text).join(" ");
}

/** Where it stands when the page is turned so that its letters are upright. */
function placeOf(
  { transform: [along = 1, up = 0, skew = 0, scale = 0, x = 0, y = 0] }: PdfTextItem,
) {
  const turn = (Math.round(Math.atan2(up, along) / (Math.PI / 2)) + 4) % 4;
  const places = [{ x, y }, { x: y, y: -x }, { x: -x, y: -y }, { x: -y, y: x }];
  return { ...places[turn]!, turn, size: Math.hypot(skew, scale) || 1 };
}

/** Without control characters, which some fonts map their letters to. */
function clean(text: string): string {
  return text.replace(/(?!\s)\p{Cc}/gu, "");
}

function tidy(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}
