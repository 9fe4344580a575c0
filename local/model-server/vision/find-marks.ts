/** A rectangle of pixels; right and bottom are the first ones outside. */
export interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

/** Ink that hangs together. */
export interface Mark extends Box {
  /** Its ink by rows: row, first column, first column after it, three numbers each. */
  runs: number[];
  area: number;
}

/**
 * The connected components (eight neighbours) of the pixels above `threshold`: runs of a row are
 * joined with the runs of the row above that they touch.
 */
export function findMarks(
  { width, height, ink }: { width: number; height: number; ink: Uint8Array },
  threshold: number,
): Mark[] {
  const runs: number[] = [];
  const parents: number[] = [];
  const find = (run: number) => {
    while (parents[run] !== run) run = parents[run] = parents[parents[run]!]!;
    return run;
  };
  let [above, here] = [0, 0];
  for (let row = 0; row < height; row++) {
    const first = here;
    let candidate = above;
    for (let column = 0; column < width; column++) {
      if (ink[row * width + column]! <= threshold) continue;
      const start = column;
      while (column < width && ink[row * width + column]! > threshold) column++;
      runs.push(row, start, column);
      parents.push(here);
      while (candidate < first && runs[candidate * 3 + 2]! < start) candidate++;
      for (let i = candidate; i < first && runs[i * 3 + 1]! <= column; i++) {
        parents[find(i)] = find(here);
      }
      here++;
    }
    above = first;
  }
  return collect(runs, parents.map((_, run) => find(run)));
}

function collect(runs: number[], roots: number[]): Mark[] {
  const marks = new Map<number, Mark>();
  for (const [run, root] of roots.entries()) {
    const [row, start, end] = [runs[run * 3]!, runs[run * 3 + 1]!, runs[run * 3 + 2]!];
    let mark = marks.get(root);
    if (!mark) {
      mark = { left: start, top: row, right: end, bottom: row + 1, runs: [], area: 0 };
      marks.set(root, mark);
    }
    mark.left = Math.min(mark.left, start);
    mark.right = Math.max(mark.right, end);
    mark.bottom = row + 1;
    mark.area += end - start;
    mark.runs.push(row, start, end);
  }
  return [...marks.values()];
}
