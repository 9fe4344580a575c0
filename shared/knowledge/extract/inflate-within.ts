import { Inflate } from "fflate/browser";

/** Deflate makes at most 1032 bytes of one: 4 MB a step. */
const STEP = 4096;

/**
 * Inflates raw deflate step by step, handing out what it makes, until there is more than `most`.
 *
 * @returns false once there is more. Throws whatever fflate throws for what is not deflate.
 */
export function inflateWithin(
  body: Uint8Array,
  most: number,
  take: (part: Uint8Array) => void = () => undefined,
): boolean {
  let length = 0;
  const inflater = new Inflate((part) => {
    length += part.length;
    if (length <= most) take(part);
  });
  for (let at = 0; at < body.length && length <= most; at += STEP) {
    inflater.push(body.subarray(at, at + STEP), at + STEP >= body.length);
  }
  return length <= most;
}
