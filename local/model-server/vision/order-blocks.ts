import type { Box } from "./find-marks.ts";

/**
 * Reading order: cuts the page in two at its widest strip of white, across or down, and each part
 * again; what lies above or left is read first. Recursive X-Y cut, Nagy and Seth 1984.
 */
export function orderBlocks<T extends Box>(blocks: T[]): T[] {
  if (blocks.length < 2) return blocks;
  const across = widestGap(blocks, ({ top, bottom }) => [top, bottom]);
  const down = widestGap(blocks, ({ left, right }) => [left, right]);
  const [gap, sideOf] = across.width >= down.width
    ? [across, ({ top }: T) => top] as const
    : [down, ({ left }: T) => left] as const;
  if (gap.width <= 0) return blocks.toSorted((a, b) => a.top - b.top || a.left - b.left);
  const before = blocks.filter((block) => sideOf(block) < gap.at);
  const after = blocks.filter((block) => sideOf(block) >= gap.at);
  return [...orderBlocks(before), ...orderBlocks(after)];
}

function widestGap<T>(blocks: T[], spanOf: (block: T) => [number, number]) {
  const spans = blocks.map(spanOf).sort(([a], [b]) => a - b);
  let [width, at, end] = [0, 0, -Infinity];
  for (const [from, to] of spans) {
    if (end > -Infinity && from - end > width) [width, at] = [from - end, from];
    end = Math.max(end, to);
  }
  return { width, at };
}
