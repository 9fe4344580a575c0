import { findMarks, type Mark } from "./find-marks.ts";
import type { Raster } from "./raster.ts";

/** Marks that may be letters, and the height of the most common ones. */
export interface Letters {
  marks: Mark[];
  /** In pixels. */
  size: number;
}

const [smallest, largest] = [6, 160];

/** Letters of a sheet full of notes, thrice; the rest of a noisy scan is not worth its time. */
const maxMarks = 30_000;

/**
 * What may be text: small marks as they are, and what is left of large ones (frames, dimension
 * lines, hatches) once their long straight strokes are taken out, since letters often touch them.
 */
export function findLetters(raster: Raster, threshold: number): Letters {
  const marks = findMarks(raster, threshold);
  const size = commonSize(marks);
  const isSmall = ({ left, top, right, bottom }: Mark) =>
    Math.max(right - left, bottom - top) <= 6 * size;
  const rest = withoutStrokes(raster, marks.filter((mark) => !isSmall(mark)), 3 * size);
  const freed = findMarks(rest, 0).filter((mark) => isSmall(mark) || isWord(mark, size));
  const letters = [...marks.filter(isSmall), ...freed].filter(({ area }) => area >= size / 4);
  return {
    marks: letters.sort((a, b) => b.area - a.area).slice(0, maxMarks),
    size,
  };
}

/** Letters that touch one another: a strip about as high as one of them. */
function isWord({ left, top, right, bottom }: Mark, size: number): boolean {
  const [width, height] = [right - left, bottom - top];
  const [long, short] = [Math.max(width, height), Math.min(width, height)];
  return long <= 40 * size && short >= 0.7 * size && short <= 3 * size;
}

/** The mode of the sizes of marks that have the shape of a letter; larger ones count for more. */
function commonSize(marks: Mark[]): number {
  const weights = new Float64Array(largest + 2);
  for (const { left, top, right, bottom, area } of marks) {
    const [long, short] = [
      Math.max(right - left, bottom - top),
      Math.min(right - left, bottom - top),
    ];
    const isLetter = long >= smallest && long <= largest && long <= 4 * short &&
      area < 0.75 * long * short;
    if (isLetter) weights[long]! += long;
  }
  let size = 20;
  let best = 0;
  for (let long = smallest; long <= largest; long++) {
    const weight = weights[long - 1]! + weights[long]! + weights[long + 1]!;
    if (weight > best) [best, size] = [weight, long];
  }
  return size;
}

/** The ink of the marks, without the rows and columns of ink that are longer than `length`. */
function withoutStrokes({ width, height }: Raster, marks: Mark[], length: number): Raster {
  const ink = new Uint8Array(width * height);
  for (const { runs } of marks) {
    for (let i = 0; i < runs.length; i += 3) {
      const start = runs[i]! * width;
      ink.fill(1, start + runs[i + 1]!, start + runs[i + 2]!);
    }
  }
  const isStroke = new Uint8Array(width * height);
  for (const { runs } of marks) {
    for (let i = 0; i < runs.length; i += 3) {
      const [start, from, to] = [runs[i]! * width, runs[i + 1]!, runs[i + 2]!];
      if (to - from > length) isStroke.fill(1, start + from, start + to);
    }
  }
  const lengths = new Uint32Array(width);
  for (let row = 0; row <= height; row++) {
    for (let column = 0; column < width; column++) {
      const isInk = row < height && ink[row * width + column] === 1;
      if (isInk) lengths[column]! += 1;
      else {
        for (let back = lengths[column]! > length ? lengths[column]! : 0; back > 0; back--) {
          isStroke[(row - back) * width + column] = 1;
        }
        lengths[column] = 0;
      }
    }
  }
  for (const [pixel, stroke] of isStroke.entries()) if (stroke) ink[pixel] = 0;
  return { width, height, ink };
}
