import { afterLabel, type Label } from "./grammar/after-label.ts";
import { repairNumber } from "./grammar/repair-number.ts";
import { confidenceOf, sureConfidence } from "./is-legible.ts";
import type { TextLine } from "./text-line.ts";

/** What a title block says of the drawing. */
export interface TitleBlock {
  number: string | null;
  title: string | null;
}

const kinds = [["DETAIL", "DTL"], ["DRAWING", "DWG"], ["SHEET", "SHT"]];
const titleLabels: Label[] = kinds.map((kind) => [kind, ["TITLE"]]);
const numberLabels: Label[] = kinds.map((
  kind,
) => [["CAD", "CADD", ""], kind, ["NO", "NUMBER", "NUM", "#"]]);
/** A drawing that names its file but has no label for it. */
const fileName = /^\S*\d\S*[ .]DWG$/i;
/** A short label with a colon begins another field. */
const anyLabel = /^(?:[\p{L}.]+\s?){1,3}\s*:/u;
const bubble = /^(?:\d{1,3}[A-Z]?|[A-Z]\d{0,2})$/;

const scale = /^(?:SCALE\b|N\.?\s?T\.?\s?S\.?$|NO SCALE$|NOT TO SCALE$)/i;

/** In heights of a letter: to a value on the right, to a word, to the scale, to the next line. */
const [farthest, widestSpace, farthestScale, leading] = [12, 2.5, 2.5, 1.3];

/**
 * Number and title of a drawing: what stands after or under their labels; without labels, the text
 * above the scale or in the largest letters, and what stands in the bubble on its left.
 */
export function findTitleBlock(pieces: TextLine[]): TitleBlock {
  const drawn = aboveScale(pieces) ?? largestText(pieces);
  const title = firstValue(titleLabels, pieces, true) ??
    (drawn ? textWithNext(drawn, pieces) : null);
  const number = firstValue(numberLabels, pieces, false) ??
    pieces.find(({ text }) => fileName.test(text))?.text;
  return {
    title,
    number: number ? repairNumber(number) : drawn ? bubbleOf(drawn, pieces) : null,
  };
}

function firstValue(labels: Label[], pieces: TextLine[], hasMore: boolean): string | null {
  for (const label of labels) {
    const value = valueOf(label, pieces, hasMore);
    if (value) return value;
  }
  return null;
}

function valueOf(label: Label, pieces: TextLine[], hasMore: boolean): string | null {
  for (const piece of pieces) {
    const own = afterLabel(piece.text, label);
    if (own === undefined) continue;
    const same = pieces.filter(({ turn }) => turn === piece.turn);
    const right = own ? undefined : rightOf(piece, same);
    if (!own && !right) {
      const below = lineBelow(piece, same, 3);
      if (below) return hasMore ? textWithNext(below, same) : below.text;
      continue;
    }
    const first = right ?? piece;
    const row = [right ? right.text : own, ...restOfRow(first, same)];
    return [...row, ...(hasMore ? continuation(first, same, right ? 0 : 2) : [])].join(" ");
  }
  return null;
}

function rightOf(
  label: TextLine,
  pieces: TextLine[],
  reach = farthest,
): TextLine | undefined {
  return pieces
    .filter((piece) =>
      piece !== label && piece.left >= label.right - label.size &&
      piece.left - label.right <= reach * label.size &&
      Math.min(piece.bottom, label.bottom) - Math.max(piece.top, label.top) > 0.5 * label.size &&
      !isLabel(piece.text)
    )
    .sort((a, b) => a.left - b.left)[0];
}

function isLabel(text: string): boolean {
  return anyLabel.test(text) || scale.test(text) ||
    [...titleLabels, ...numberLabels].some((label) => afterLabel(text, label) !== undefined);
}

/** Pieces that follow in the same row, a word's space away. */
function restOfRow(first: TextLine, pieces: TextLine[]): string[] {
  const texts: string[] = [];
  for (let last = rightOf(first, pieces, widestSpace); last;) {
    texts.push(last.text);
    last = rightOf(last, pieces, widestSpace);
  }
  return texts;
}

function lineBelow(above: TextLine, pieces: TextLine[], gaps: number): TextLine | undefined {
  return pieces
    .filter((piece) =>
      piece !== above && piece.top >= above.bottom - above.size / 2 &&
      piece.top - above.bottom <= gaps * above.size &&
      Math.abs(piece.left - above.left) <= 4 * above.size &&
      !isLabel(piece.text)
    )
    .sort((a, b) => a.top - b.top)[0];
}

function textWithNext(first: TextLine, pieces: TextLine[]): string {
  return [first.text, ...continuation(first, pieces, -Infinity)].join(" ");
}

/** Lines right under the first one, in letters of its size, that begin `indent` letters after it. */
function continuation(first: TextLine, pieces: TextLine[], indent: number): string[] {
  const texts: string[] = [];
  for (let last = first;;) {
    const next = pieces.find((piece) =>
      piece.turn === last.turn && piece !== last && piece.top > last.top + last.size / 2 &&
      piece.top - last.bottom <= leading * last.size &&
      piece.left >= first.left + indent * first.size &&
      piece.left < last.right && piece.right > last.left &&
      piece.size <= 1.3 * first.size && first.size <= 1.3 * piece.size && !isLabel(piece.text)
    );
    if (!next) return texts;
    texts.push(next.text);
    last = next;
  }
}

/** The first line of a title that stands above the drawing's scale. */
function aboveScale(pieces: TextLine[]): TextLine | undefined {
  let title: TextLine | undefined;
  for (let last = pieces.find(({ text }) => scale.test(text)); last;) {
    const { left, top, size, turn }: TextLine = last;
    const above: TextLine | undefined = pieces.find((piece) =>
      piece.turn === turn && piece.bottom <= top + size / 2 &&
      top - piece.bottom <= (title ? leading : farthestScale) * piece.size &&
      Math.abs(piece.left - left) <= 3 * size && piece.size >= size * 0.9 &&
      (!title || piece.size <= 1.2 * size) && /\p{L}{3}/u.test(piece.text) &&
      !isLabel(piece.text)
    );
    if (above) title = above;
    last = above;
  }
  return title;
}

function largestText(pieces: TextLine[]): TextLine | undefined {
  const sizes = pieces.map(({ size }) => size).sort((a, b) => a - b);
  const common = sizes[Math.floor(sizes.length / 2)] ?? 0;
  return pieces
    .filter(({ text, size, words }) =>
      size >= 1.3 * common && /\p{L}{3}.*\p{L}{2}/u.test(text) &&
      confidenceOf(words) >= sureConfidence
    )
    .sort((a, b) => b.size - a.size)[0];
}

function bubbleOf(title: TextLine, pieces: TextLine[]): string | null {
  const piece = pieces.find((piece) =>
    piece.turn === title.turn && bubble.test(piece.text) &&
    piece.right <= title.left + title.size &&
    title.left - piece.right <= 5 * title.size && piece.top < title.bottom + title.size &&
    piece.bottom > title.top - title.size
  );
  return piece?.text ?? null;
}
