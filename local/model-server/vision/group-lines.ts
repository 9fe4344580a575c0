import type { Box, Mark } from "./find-marks.ts";

/** Marks that stand in one row, or one above the other where the text is turned. */
export interface LineOfMarks extends Box {
  isTurned: boolean;
  /** Height of its capital letters, in pixels; the width where it is turned. */
  size: number;
  marks: Mark[];
}

/** In heights of a letter: wider than between two words, narrower than between two columns. */
const widestGap = 1.6;

/** Letters of titles, in sizes of the common ones. */
const tallest = 4;

/** Share of its box that the thinnest letters cover. */
const emptiest = 0.05;

/** A mark seen along the direction of reading. */
interface Seen {
  mark: Mark;
  start: number;
  end: number;
  top: number;
  bottom: number;
}

/**
 * Groups marks to lines of text, upright or turned by 90 degrees: letters stand closer to the next
 * letter of their line than to the next line. What is no letter by its size, or alone and a mere
 * stroke, is left out.
 */
export function groupLines(marks: Mark[], size: number): LineOfMarks[] {
  const groups = [false, true].flatMap((isTurned) =>
    chain(marks, isTurned, size).map((members) => ({ isTurned, members }))
  );
  const gaps = [nearest(marks, false, size), nearest(marks, true, size)] as const;
  const votes = groups.map(({ isTurned, members }) => ({
    isTurned,
    members,
    votes: members.filter((mark) => {
      const [upright, turned] = [gaps[0].get(mark)!, gaps[1].get(mark)!];
      return isTurned ? turned < upright : upright <= turned;
    }).length,
  }));
  votes.sort((a, b) => b.votes - a.votes);
  const turned = new Map<Mark, boolean>();
  for (const { isTurned, members, votes: count } of votes) {
    const free = members.filter((mark) => !turned.has(mark));
    if (free.length < members.length / 2 || count < members.length / 2) continue;
    for (const mark of free) turned.set(mark, isTurned);
  }
  return [false, true].flatMap((isTurned) =>
    chain(marks.filter((mark) => (turned.get(mark) ?? false) === isTurned), isTurned, size)
      .map((members) => toLine(members, isTurned))
      .filter((line) => isText(line, size))
  );
}

function see(mark: Mark, isTurned: boolean): Seen {
  const { left, right, top, bottom } = mark;
  return isTurned
    ? { mark, start: top, end: bottom, top: left, bottom: right }
    : { mark, start: left, end: right, top, bottom };
}

function* pairs(marks: Mark[], isTurned: boolean, size: number): Generator<[Seen, Seen, number]> {
  const seen = marks.map((mark) => see(mark, isTurned)).sort((a, b) => a.start - b.start);
  const reach = widestGap * tallest * size;
  for (const [index, a] of seen.entries()) {
    for (let next = index + 1; next < seen.length; next++) {
      const b = seen[next]!;
      if (b.start - a.end > reach) break;
      const gap = gapBetween(a, b, size);
      if (gap !== undefined) yield [a, b, gap];
    }
  }
}

/** In heights of a letter; undefined for two that cannot stand side by side in a line. */
function gapBetween(a: Seen, b: Seen, size: number): number | undefined {
  const [heightA, heightB] = [a.bottom - a.top, b.bottom - b.top];
  const tall = Math.max(heightA, heightB);
  const low = Math.min(heightA, heightB);
  if (tall < 0.5 * size || tall > tallest * size) return undefined;
  const overlap = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
  const isPoint = low < 0.55 * tall;
  if (isPoint && low > 0.75 * size) return undefined;
  // What lies over or under a letter is not beside it.
  if (overlap <= 0 && b.start < a.end) return undefined;
  if (overlap < (isPoint ? -0.3 * low : 0.6 * low)) return undefined;
  if (!isPoint && overlap < 0.5 * tall) return undefined;
  const gap = Math.max(0, b.start - a.end) / tall;
  return gap <= (isPoint ? 0.7 : 1) * widestGap ? gap : undefined;
}

function chain(marks: Mark[], isTurned: boolean, size: number): Mark[][] {
  const parents = new Map(marks.map((mark) => [mark, mark]));
  const find = (mark: Mark): Mark => {
    let root = mark;
    while (parents.get(root) !== root) root = parents.get(root)!;
    parents.set(mark, root);
    return root;
  };
  for (const [a, b] of pairs(marks, isTurned, size)) parents.set(find(a.mark), find(b.mark));
  return [...Map.groupBy(marks, find).values()];
}

function nearest(marks: Mark[], isTurned: boolean, size: number): Map<Mark, number> {
  const gaps = new Map(marks.map((mark) => [mark, Infinity]));
  for (const [a, b, gap] of pairs(marks, isTurned, size)) {
    gaps.set(a.mark, Math.min(gap, gaps.get(a.mark)!));
    gaps.set(b.mark, Math.min(gap, gaps.get(b.mark)!));
  }
  return gaps;
}

function toLine(marks: Mark[], isTurned: boolean): LineOfMarks {
  const heights = marks
    .map(({ left, right, top, bottom }) => isTurned ? right - left : bottom - top)
    .sort((a, b) => a - b);
  const letters = heights.filter((height) => height >= heights.at(-1)! / 2);
  return {
    isTurned,
    marks,
    size: letters[Math.floor(letters.length / 2)]!,
    left: Math.min(...marks.map(({ left }) => left)),
    top: Math.min(...marks.map(({ top }) => top)),
    right: Math.max(...marks.map(({ right }) => right)),
    bottom: Math.max(...marks.map(({ bottom }) => bottom)),
  };
}

/** Strokes, hatches and arrows are told by their shape before anyone tries to read them. */
function isText(line: LineOfMarks, common: number): boolean {
  const { marks, left, right, top, bottom, size } = line;
  if (size < 0.55 * common || size > tallest * common) return false;
  const [width, height] = [right - left, bottom - top];
  const ink = marks.reduce((sum, { area }) => sum + area, 0);
  if (ink < emptiest * width * height) return false;
  const isShort = Math.max(width, height) < 3 * size;
  if (isShort && (size < 0.75 * common || size > 2.5 * common)) return false;
  return !marks.every((mark) => isStroke(mark, common));
}

function isStroke({ left, right, top, bottom }: Mark, common: number): boolean {
  const [width, height] = [right - left, bottom - top];
  const [long, short] = [Math.max(width, height), Math.min(width, height)];
  return long >= 4 * short && short <= 0.6 * common;
}
