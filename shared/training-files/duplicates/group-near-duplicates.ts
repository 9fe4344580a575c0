import type { Fingerprint } from "../fingerprint/fingerprint.ts";
import { nearDuplicateFinder } from "./near-duplicate-finder.ts";

/** A conversation that nearly repeats an earlier one of the file. */
export interface ConversationDuplicate {
  readonly conversation_id: string;
  readonly duplicate_of: string;
  /** First conversation of the group. */
  readonly leader: string;
  /** 0.85–1, three decimals. */
  readonly similarity: number;
}

/** A reply that nearly repeats an earlier one of the file. */
export interface ReplyDuplicate {
  readonly conversation_id: string;
  readonly pair_index: number;
  readonly pair_id: string;
  readonly duplicate_of: { readonly conversation_id: string; readonly pair_id: string };
  readonly similarity: number;
}

export interface NearDuplicates {
  readonly conversations: readonly ConversationDuplicate[];
  readonly replies: readonly ReplyDuplicate[];
}

/** A conversation and its fingerprint. */
export interface FingerprintEntry {
  readonly conversation_id: string;
  readonly fingerprint: Fingerprint;
}

/** Finds the near-duplicates of a file, conversations and replies apart, in the file's order. */
export function groupNearDuplicates(entries: Iterable<FingerprintEntry>): NearDuplicates {
  const { add, found } = nearDuplicateGrouper();
  for (const entry of entries) add(entry);
  return found;
}

/** As `groupNearDuplicates`, one entry at a time: fingerprints need not be kept. */
export function nearDuplicateGrouper(): {
  add: (entry: FingerprintEntry) => void;
  found: NearDuplicates;
} {
  const conversations = conversationFinder();
  const replies = replyFinder();
  return {
    add: (entry) => {
      conversations.add(entry);
      replies.add(entry);
    },
    found: { conversations: conversations.found, replies: replies.found },
  };
}

/** Leader by conversation id, of those that follow one: what a split takes as groups. */
export function groupsOf(duplicates: NearDuplicates): Map<string, string> {
  return new Map(duplicates.conversations.map((found) => [found.conversation_id, found.leader]));
}

function conversationFinder() {
  const finder = nearDuplicateFinder();
  const ids: string[] = [];
  const found: ConversationDuplicate[] = [];
  const add = ({ conversation_id: id, fingerprint }: FingerprintEntry) => {
    ids.push(id);
    const match = finder.add(fingerprint);
    if (!match) return;
    found.push({
      conversation_id: id,
      duplicate_of: ids[match.of] ?? id,
      leader: ids[match.leader] ?? id,
      similarity: threeDecimals(match.similarity),
    });
  };
  return { found, add };
}

function replyFinder() {
  const finder = nearDuplicateFinder();
  const places: { conversation_id: string; pair_id: string }[] = [];
  const found: ReplyDuplicate[] = [];
  const add = ({ conversation_id, fingerprint }: FingerprintEntry) => {
    for (const { pair_index, pair_id, ...set } of fingerprint.replies) {
      const place = { conversation_id, pair_id };
      places.push(place);
      const match = finder.add(set);
      const earlier = match && places[match.of];
      if (!earlier) continue;
      const similarity = threeDecimals(match.similarity);
      found.push({ ...place, pair_index, duplicate_of: earlier, similarity });
    }
  };
  return { found, add };
}

function threeDecimals(value: number): number {
  return Math.round(value * 1000) / 1000;
}
