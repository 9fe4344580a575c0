import { findLetters } from "./find-letters.ts";
import { findThreshold } from "./find-threshold.ts";
import type { Raster } from "./raster.ts";
import { readLines, type Recognise } from "./read-lines.ts";
import { resize } from "./resize.ts";
import type { ImageAnswer } from "./responses-request.ts";
import { toReading, toTranscript } from "./to-reading.ts";

/** Letters lower than the first touch each other; higher than the second they cost time only. */
const [lowest, highest] = [14, 56];
/** What is made larger has no more pixels than this. */
const maxPixels = 24_000_000;

/** Stretches of ink in all rows; a sheet full of drawings has some hundred thousand. */
const maxRuns = 1_000_000;

/** Reads an image, made larger or smaller first where its letters ask for it. */
export async function readImage(
  image: Raster,
  recognise: Recognise,
  signal: AbortSignal,
): Promise<ImageAnswer> {
  const lines = await readLines(fit(image), recognise, signal);
  return { drawing: toReading(lines), page: { markdown: toTranscript(lines) } };
}

function fit(drawing: Raster): Raster {
  const calm = calmed(drawing);
  const { size } = findLetters(calm, findThreshold(calm));
  if (size > highest) return resize(calm, 0.5);
  const isSmall = size < lowest && calm === drawing && drawing.ink.length * 4 <= maxPixels;
  return isSmall ? resize(drawing, 2) : calm;
}

/** Noise is averaged away: each of its specks would be a mark, and millions fill the memory. */
function calmed(drawing: Raster): Raster {
  const threshold = findThreshold(drawing);
  let runs = 0;
  for (let pixel = 1; pixel < drawing.ink.length; pixel++) {
    if (drawing.ink[pixel]! > threshold && drawing.ink[pixel - 1]! <= threshold) runs++;
  }
  return runs > maxRuns ? calmed(resize(drawing, 0.5)) : drawing;
}
