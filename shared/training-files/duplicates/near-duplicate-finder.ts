import type { ShingleSet } from "../fingerprint/fingerprint.ts";
import { jaccard } from "../fingerprint/jaccard.ts";
import { BandIndex, BANDS } from "./band-index.ts";
import { NumberLists } from "./number-lists.ts";

const BAND_LENGTH = 8;

/** The similarity from which two texts are near-duplicates, exact Jaccard of their shingles. */
export const NEAR_DUPLICATE = 0.85;

/** An earlier item that a new one nearly repeats. Numbers count items from 0 in their order. */
export interface Match {
  readonly of: number;
  /** First item of the group that both belong to. */
  readonly leader: number;
  readonly similarity: number;
}

/**
 * Finds near-duplicates by locality-sensitive hashing (Leskovec et al., "Mining of Massive
 * Datasets", 3.4), each candidate confirmed by exact Jaccard. Items come in order; a new one joins
 * the group of the earliest item that it matches, so that adding items never changes the group
 * of those before.
 */
export function nearDuplicateFinder() {
  const index = new BandIndex();
  // Of each item in the index.
  const numbers: number[] = [];
  const leaders: number[] = [];
  const sets = new NumberLists();
  let count = 0;
  const firstMatch = (items: number[], shingles: Uint32Array): Match | null => {
    for (const item of items) {
      const similarity = jaccard(sets.at(item), shingles);
      if (similarity < NEAR_DUPLICATE) continue;
      return { of: numbers[item]!, leader: leaders[item]!, similarity };
    }
    return null;
  };
  return {
    add({ shingles, signature }: ShingleSet): Match | null {
      const number = count++;
      if (shingles.length === 0) return null;
      const keys = Array.from({ length: BANDS }, (_, band) => bandKey(signature, band));
      const match = firstMatch(index.find(keys), shingles);
      if (match?.similarity !== 1) {
        index.add(keys);
        numbers.push(number);
        leaders.push(match?.leader ?? number);
        sets.add(shingles);
      }
      return match;
    },
  };
}

/** Two bands with one key by chance cost one comparison more and change no result. */
function bandKey(signature: Uint32Array, band: number): number {
  let key = band;
  for (const value of signature.subarray(band * BAND_LENGTH, (band + 1) * BAND_LENGTH)) {
    key = Math.imul(key ^ value, 0x01000193);
    key ^= key >>> 16;
  }
  return key;
}
