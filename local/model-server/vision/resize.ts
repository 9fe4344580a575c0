import type { Raster } from "./raster.ts";

/** A raster at another scale, each pixel weighed from the ones that it covers or lies between. */
export function resize({ width, height, ink }: Raster, scale: number): Raster {
  const [outWidth, outHeight] = [
    Math.max(1, Math.round(width * scale)),
    Math.max(1, Math.round(height * scale)),
  ];
  const columns = weigh(width, outWidth, scale);
  const rows = weigh(height, outHeight, scale);
  const narrowed = new Float32Array(outWidth * height);
  for (let y = 0; y < height; y++) {
    for (const [x, taps] of columns.entries()) {
      let sum = 0;
      for (const { at, weight } of taps) sum += weight * ink[y * width + at]!;
      narrowed[y * outWidth + x] = sum;
    }
  }
  const out = new Uint8Array(outWidth * outHeight);
  for (const [y, taps] of rows.entries()) {
    for (let x = 0; x < outWidth; x++) {
      let sum = 0;
      for (const { at, weight } of taps) sum += weight * narrowed[at * outWidth + x]!;
      out[y * outWidth + x] = Math.round(sum);
    }
  }
  return { width: outWidth, height: outHeight, ink: out };
}

interface Tap {
  at: number;
  weight: number;
}

/** Weights that fall off in a straight line; beyond the border is paper. */
function weigh(length: number, outLength: number, scale: number): Tap[][] {
  const reach = Math.max(1, 1 / scale);
  return Array.from({ length: outLength }, (_, out) => {
    const middle = (out + 0.5) / scale - 0.5;
    const taps: Tap[] = [];
    let total = 0;
    for (let at = Math.ceil(middle - reach); at <= middle + reach; at++) {
      const weight = 1 - Math.abs(at - middle) / reach;
      total += weight;
      if (at >= 0 && at < length) taps.push({ at, weight });
    }
    return taps.map(({ at, weight }) => ({ at, weight: weight / total }));
  });
}
