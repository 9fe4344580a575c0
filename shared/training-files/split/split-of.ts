import { sha256 } from "@noble/hashes/sha2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";

/** The two parts of a split. */
export type SplitPart = "train" | "validation";

/**
 * The part of a group: the first 8 bytes of `sha256(seed + ":" + group)`, big-endian, as a
 * fraction of 2^64, against the cumulative ratios, train first. Other groups play no part, so
 * data that is added moves none that is there.
 */
export function splitOf(group: string, seed: string, validationPercent: number): SplitPart {
  const digest = sha256(utf8ToBytes(`${seed}:${group}`));
  const number = new DataView(digest.buffer, digest.byteOffset).getBigUint64(0);
  return Number(number) / 2 ** 64 < 1 - validationPercent / 100 ? "train" : "validation";
}
