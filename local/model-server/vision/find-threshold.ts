import type { Raster } from "./raster.ts";

/** Paler than the first is paper, darker than the second is ink. */
const [palest, darkest] = [48, 128];

/** Thin strokes between the pixels of a small image are paler than Otsu's border. */
const share = 0.65;

/** The darkness that parts paper from ink best: below the border of Otsu 1979. */
export function findThreshold({ ink }: Raster): number {
  const counts = new Float64Array(256);
  for (const value of ink) counts[value]! += 1;
  const sum = counts.reduce((total, count, value) => total + count * value, 0);
  let [best, threshold, below, belowSum] = [0, 0, 0, 0];
  for (const [value, count] of counts.entries()) {
    below += count;
    belowSum += count * value;
    const above = ink.length - below;
    if (below === 0 || above === 0) continue;
    const variance = below * above * (belowSum / below - (sum - belowSum) / above) ** 2;
    if (variance > best) [best, threshold] = [variance, value];
  }
  return Math.min(Math.max(share * threshold, palest), darkest);
}
