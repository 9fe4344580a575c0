import type { Part } from "./chunk-parts.ts";

/** The places between the parts of a piece; each is named by the index of the part after it. */
export interface Boundaries {
  parts: readonly Part[];
  /** Expected tokens before each part, and at the end those of the piece. */
  at: readonly number[];
  /** Where a chunk may start: not between a heading and its text, nor inside white space. */
  allowed: readonly number[];
}

/** Pieces of more than so many chunks are cut near their middle: hostile ones in no quadratic time. */
const LONG_PIECE = 4;

/** Headings that fill half a chunk may stand alone. */
export function listBoundaries(parts: readonly Part[], maxTokens: number): Boundaries {
  const at = [0];
  const allowed: number[] = [];
  let headings = 0;
  for (const [index, { weight, isHeading, kind }] of parts.entries()) {
    at.push(at[index]! + weight);
    headings = isHeading ? headings + weight : 0;
    const isBare = headings > 0 && headings <= maxTokens / 2;
    if (isBare || kind === "space" || index === parts.length - 1) continue;
    allowed.push(index + 1);
    // A chunk that starts at the next heading has only those from there on.
    headings = 0;
  }
  return { parts, at, allowed };
}

/** The boundaries that outrank every other within `minTokens`, of equals the first. */
export function findPeaks(boundaries: Boundaries, minTokens: number): number[] {
  const { parts, at } = boundaries;
  const candidates = withMargin(boundaries, minTokens);
  const isNear = (one: number, other: number | undefined) =>
    other !== undefined && Math.abs(at[other]! - at[one]!) < minTokens;
  return candidates.filter((boundary, index) => {
    const { rank } = parts[boundary]!;
    for (let left = index - 1; isNear(boundary, candidates[left]); left--) {
      if (parts[candidates[left]!]!.rank >= rank) return false;
    }
    for (let right = index + 1; isNear(boundary, candidates[right]); right++) {
      if (parts[candidates[right]!]!.rank > rank) return false;
    }
    return true;
  });
}

/** The boundary of the highest rank that leaves `minTokens` on either side, of equals the middle one. */
export function findBest(
  boundaries: Boundaries,
  minTokens: number,
  maxTokens: number,
): number | undefined {
  const { parts, at } = boundaries;
  const total = at.at(-1)!;
  const margin = total > LONG_PIECE * maxTokens ? total / 4 : minTokens;
  const offCentre = (boundary: number) => Math.abs(at[boundary]! * 2 - total);
  return withMargin(boundaries, margin).reduce<number | undefined>((best, boundary) => {
    if (best === undefined) return boundary;
    const lead = parts[boundary]!.rank - parts[best]!.rank;
    return lead > 0 || (lead === 0 && offCentre(boundary) < offCentre(best)) ? boundary : best;
  }, undefined);
}

/**
 * The boundary nearest to the middle, where no good one is left: one with what fits on either side
 * if there is any, and an allowed one if there is any of those.
 */
export function findMiddle({ parts, at, allowed }: Boundaries, maxTokens: number): number {
  const total = at.at(-1)!;
  const all = parts.slice(1).map((_, index) => index + 1);
  const fits = (boundary: number) =>
    at[boundary]! <= maxTokens && total - at[boundary]! <= maxTokens;
  const choice = [allowed.filter(fits), all.filter(fits), allowed, all]
    .find(({ length }) => length > 0)!;
  const offCentre = (boundary: number) => Math.abs(at[boundary]! * 2 - total);
  return choice.reduce((middle, boundary) =>
    offCentre(boundary) < offCentre(middle) ? boundary : middle
  );
}

function withMargin({ at, allowed }: Boundaries, margin: number): number[] {
  const total = at.at(-1)!;
  return allowed.filter((boundary) => at[boundary]! >= margin && total - at[boundary]! >= margin);
}
