import type { LineOfMarks } from "./group-lines.ts";
import type { Raster } from "./raster.ts";
import type { Turn } from "./text-line.ts";

/** Pixels around the ink. */
const halo = 2;

/** White around the text, in pixels. */
const margin = 12;

/**
 * The marks of one line, and nothing else of the drawing, as a portable greymap, dark on white:
 * upright after `turn`, capitals `capital` pixels high. Source of the format: Netpbm's pgm(5).
 */
export function cutLine(
  raster: Raster,
  line: LineOfMarks,
  threshold: number,
  turn: Turn,
  capital: number,
): Uint8Array {
  const upright = turned(cutOut(raster, line, threshold), turn);
  return toGreymap(upright, capital / line.size);
}

/** The ink of the marks, and the pale pixels around it that round its edges off. */
function cutOut(raster: Raster, line: LineOfMarks, threshold: number): Raster {
  const left = Math.max(0, line.left - halo);
  const top = Math.max(0, line.top - halo);
  const width = Math.min(raster.width, line.right + halo) - left;
  const height = Math.min(raster.height, line.bottom + halo) - top;
  const ink = new Uint8Array(width * height);
  for (const { runs } of line.marks) {
    for (let i = 0; i < runs.length; i += 3) {
      const [row, from, to] = [runs[i]! - top, runs[i + 1]! - left, runs[i + 2]! - left];
      for (let y = Math.max(0, row - halo); y < Math.min(height, row + halo + 1); y++) {
        const source = (y + top) * raster.width + left;
        for (let x = Math.max(0, from - halo); x < Math.min(width, to + halo); x++) {
          const value = raster.ink[source + x]!;
          if (value <= threshold || (y === row && x >= from && x < to)) ink[y * width + x] = value;
        }
      }
    }
  }
  return { width, height, ink };
}

function turned({ width, height, ink }: Raster, turn: Turn): Raster {
  if (turn === 0) return { width, height, ink };
  const out = new Uint8Array(ink.length);
  const outWidth = turn === 2 ? width : height;
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const [x, y] = turn === 1
        ? [height - 1 - row, column]
        : turn === 2
        ? [width - 1 - column, height - 1 - row]
        : [row, width - 1 - column];
      out[y * outWidth + x] = ink[row * width + column]!;
    }
  }
  return { width: outWidth, height: turn === 2 ? height : width, ink: out };
}

/** Each pixel is the mean of the pixels that it covers, or lies between its nearest four. */
function toGreymap({ width, height, ink }: Raster, scale: number): Uint8Array {
  const [outWidth, outHeight] = [
    Math.max(1, Math.round(width * scale)) + 2 * margin,
    Math.max(1, Math.round(height * scale)) + 2 * margin,
  ];
  const header = new TextEncoder().encode(`P5\n${outWidth} ${outHeight}\n255\n`);
  const greymap = new Uint8Array(header.length + outWidth * outHeight).fill(255);
  greymap.set(header);
  const reach = Math.max(1, 1 / scale) / 2;
  for (let y = margin; y < outHeight - margin; y++) {
    const sourceY = (y - margin + 0.5) / scale - 0.5;
    for (let x = margin; x < outWidth - margin; x++) {
      const sourceX = (x - margin + 0.5) / scale - 0.5;
      let [sum, weights] = [0, 0];
      for (let row = Math.ceil(sourceY - 2 * reach); row <= sourceY + 2 * reach; row++) {
        const weightY = 1 - Math.abs(row - sourceY) / (2 * reach);
        for (let column = Math.ceil(sourceX - 2 * reach); column <= sourceX + 2 * reach; column++) {
          const weight = weightY * (1 - Math.abs(column - sourceX) / (2 * reach));
          weights += weight;
          if (row >= 0 && row < height && column >= 0 && column < width) {
            sum += weight * ink[row * width + column]!;
          }
        }
      }
      greymap[header.length + y * outWidth + x] = weights > 0 ? 255 - sum / weights : 255;
    }
  }
  return greymap;
}
