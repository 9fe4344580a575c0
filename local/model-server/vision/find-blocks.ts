import type { Box } from "./find-marks.ts";
import { joinPieces, joinRows } from "./join-rows.ts";
import type { TextLine, Turn } from "./text-line.ts";

/** Lines of one note, label or title. */
export interface Block extends Box {
  turn: Turn;
  lines: TextLine[];
  text: string;
}

/** In heights of a letter. */
const [widestSpace, widestLeading] = [2.5, 1.15];

/** Joins pieces of one row to lines, and lines below each other to blocks. */
export function findBlocks(pieces: TextLine[]): Block[] {
  const blocks: TextLine[][] = [];
  const lines = [...Map.groupBy(pieces, ({ turn }) => turn).values()].flatMap(joinLines);
  for (const line of lines.toSorted((a, b) => a.top - b.top)) {
    const block = blocks.findLast((block) => continues(block.at(-1)!, line));
    if (block) block.push(line);
    else blocks.push([line]);
  }
  return blocks.map((lines) => ({
    turn: lines[0]!.turn,
    lines,
    text: lines.map(({ text }) => text).join(" "),
    left: Math.min(...lines.map(({ left }) => left)),
    top: Math.min(...lines.map(({ top }) => top)),
    right: Math.max(...lines.map(({ right }) => right)),
    bottom: Math.max(...lines.map(({ bottom }) => bottom)),
  }));
}

function joinLines(pieces: TextLine[]): TextLine[] {
  return joinRows(pieces).flatMap((row) => {
    const lines: TextLine[] = [];
    for (const piece of row) {
      const last = lines.at(-1);
      const isNext = last && isAlike(last, piece) &&
        piece.left - last.right <= widestSpace * Math.max(last.size, piece.size);
      if (isNext) lines[lines.length - 1] = joinPieces(last, piece);
      else lines.push(piece);
    }
    return lines;
  });
}

function continues(above: TextLine, line: TextLine): boolean {
  if (above.turn !== line.turn || !isAlike(above, line)) return false;
  const gap = line.top - above.bottom;
  const overlap = Math.min(above.right, line.right) - Math.max(above.left, line.left);
  return gap > -0.5 * line.size && gap <= widestLeading * Math.max(line.size, above.size) &&
    overlap > 0.3 * Math.min(above.right - above.left, line.right - line.left);
}

function isAlike(a: TextLine, b: TextLine): boolean {
  return a.size <= 1.45 * b.size && b.size <= 1.45 * a.size;
}
