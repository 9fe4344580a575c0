import { z } from "zod";
import { decodeNumbers, encodeNumbers } from "./base64-numbers.ts";
import { type Fingerprint, fingerprintOf } from "./fingerprint.ts";

/** Changes whenever equal content would give another fingerprint, or another form of it. */
export const FINGERPRINT_SCHEMA = 2;

/**
 * A fingerprint as it is stored, once per distinct content, beside the snapshot: it is several times
 * larger, and totals never need it. Only what the rest follows from; number lists are base64, see
 * `encodeNumbers`.
 */
export const StoredFingerprint = z.strictObject({
  schema: z.literal(FINGERPRINT_SCHEMA),
  replies: z.array(z.strictObject({
    pair_index: z.number().int(),
    pair_id: z.string(),
    shingles: z.string(),
  })),
  others: z.string(),
});
export type StoredFingerprint = z.infer<typeof StoredFingerprint>;

/** The form that is stored. */
export function packFingerprint({ replies, others }: Fingerprint): StoredFingerprint {
  return {
    schema: FINGERPRINT_SCHEMA,
    replies: replies.map(({ pair_index, pair_id, shingles }) => ({
      pair_index,
      pair_id,
      shingles: encodeNumbers(shingles),
    })),
    others: encodeNumbers(others),
  };
}

/** The reverse of `packFingerprint`. */
export function unpackFingerprint({ replies, others }: StoredFingerprint): Fingerprint {
  return fingerprintOf(
    decodeNumbers(others),
    replies.map((reply) => ({ ...reply, shingles: decodeNumbers(reply.shingles) })),
  );
}
