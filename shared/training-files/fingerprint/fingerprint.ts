import { cleanText } from "../conversation/clean-text.ts";
import type { ParsedConversation } from "../conversation/parse-conversation.ts";
import { minHash, minHashOfUnion } from "./min-hash.ts";
import { shingleSet, type TextUnits, textUnits, unionOf } from "./shingles.ts";

/** Shorter replies are courtesies, equal by nature. For unspaced scripts, in characters. */
const MIN_REPLY = { words: 8, characters: 16 };

/** The shingles of a text, ascending, and their MinHash. */
export interface ShingleSet {
  readonly shingles: Uint32Array;
  readonly signature: Uint32Array;
}

/** A target of eight words or more. */
export interface ReplyShingles {
  readonly pair_index: number;
  readonly pair_id: string;
  readonly shingles: Uint32Array;
}

/**
 * What finds near-duplicates without the texts: of all inputs and targets together, and of each
 * reply. No system prompt, which all have in common.
 */
export interface Fingerprint extends ShingleSet {
  readonly replies: readonly (ReplyShingles & ShingleSet)[];
  /** Shingles of the texts that are not in `replies`. */
  readonly others: Uint32Array;
}

/** Computes the fingerprint of a conversation; the same for the same content everywhere. */
export function takeFingerprint({ data }: ParsedConversation): Fingerprint {
  const others = data.training_pairs.map((pair) =>
    shingleSet(textUnits(pair.current_user_input ?? ""))
  );
  const replies: ReplyShingles[] = [];
  for (const [pair_index, { id, target_response: target }] of data.training_pairs.entries()) {
    const units = textUnits(target ?? "");
    const shingles = shingleSet(units);
    if (isLong(units)) replies.push({ pair_index, pair_id: cleanText(id, 120), shingles });
    else others.push(shingles);
  }
  return fingerprintOf(unionOf(others), replies);
}

/** Puts a fingerprint together from what of it is stored. */
export function fingerprintOf(
  others: Uint32Array,
  replies: readonly ReplyShingles[],
): Fingerprint {
  const signed = replies.map((reply) => ({ ...reply, signature: minHash(reply.shingles) }));
  const sets = [{ shingles: others, signature: minHash(others) }, ...signed];
  return {
    shingles: unionOf(sets.map(({ shingles }) => shingles)),
    signature: minHashOfUnion(sets.map(({ signature }) => signature)),
    replies: signed,
    others,
  };
}

function isLong({ hashes, isUnspaced }: TextUnits): boolean {
  return hashes.length >= (isUnspaced ? MIN_REPLY.characters : MIN_REPLY.words);
}
