import { z } from "zod";
import { cleanText } from "../conversation/clean-text.ts";
import type { ParsedConversation } from "../conversation/parse-conversation.ts";
import { encodeNumbers } from "./base64-numbers.ts";
import { minHash } from "./min-hash.ts";
import { shingleSet, type TextUnits, textUnits, unionOf } from "./shingles.ts";

/** Shorter replies are courtesies, equal by nature. For unspaced scripts, in characters. */
const MIN_REPLY = { words: 8, characters: 16 };

/** Changes whenever equal content would give another fingerprint. */
export const FINGERPRINT_SCHEMA = 1;

/**
 * What finds near-duplicates without the texts; once per distinct content, beside the snapshot
 * (it is some four times larger, and totals never need it). Number lists are base64, see
 * `encodeNumbers`.
 */
export const Fingerprint = z.strictObject({
  schema: z.literal(FINGERPRINT_SCHEMA),
  /** MinHash of the conversation, 128 numbers; "" if it has no words. */
  signature: z.string(),
  /** Shingles of all inputs and targets: no system prompt, which all have in common. */
  shingles: z.string(),
  /** Shingles of each target of eight words or more. */
  replies: z.array(z.strictObject({
    pair_index: z.number().int(),
    pair_id: z.string(),
    shingles: z.string(),
  })),
});
export type Fingerprint = z.infer<typeof Fingerprint>;

/** Computes the fingerprint of a conversation; the same for the same content everywhere. */
export function takeFingerprint({ data }: ParsedConversation): Fingerprint {
  const inputs = data.training_pairs.map((pair) => textUnits(pair.current_user_input ?? ""));
  const targets = data.training_pairs.map(({ id, target_response: target }, index) => {
    const units = textUnits(target ?? "");
    return { id, index, isLong: isLong(units), shingles: shingleSet(units) };
  });
  const shingles = unionOf([
    ...inputs.map(shingleSet),
    ...targets.map((target) => target.shingles),
  ]);
  return {
    schema: FINGERPRINT_SCHEMA,
    signature: shingles.length === 0 ? "" : encodeNumbers(minHash(shingles)),
    shingles: encodeNumbers(shingles),
    replies: targets.filter((target) => target.isLong).map((target) => ({
      pair_index: target.index,
      pair_id: cleanText(target.id, 120),
      shingles: encodeNumbers(target.shingles),
    })),
  };
}

function isLong({ units, isUnspaced }: TextUnits): boolean {
  return units.length >= (isUnspaced ? MIN_REPLY.characters : MIN_REPLY.words);
}
