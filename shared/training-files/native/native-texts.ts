import { concatBytes } from "@noble/hashes/utils.js";
import type { ParsedConversation } from "../conversation/parse-conversation.ts";
import { renderPair } from "./render-pair.ts";

/** What most of a conversation's room in the native files goes to. */
export interface NativeTexts {
  /** `training_pairs` of its element of the full JSON. */
  readonly pairs: string;
  /** Its lines of the JSONL, with their line feeds: one for each pair with a target. */
  readonly lines: Uint8Array;
  /** How many lines those are. */
  readonly targetPairs: number;
}

/** Renders the pairs for both native files. */
export function nativeTexts(conversationId: string, conversation: ParsedConversation): NativeTexts {
  const encoder = new TextEncoder();
  const lines = renderLines(conversationId, conversation).map((line) => encoder.encode(line));
  return {
    pairs: JSON.stringify(conversation.pairs),
    // Joined as bytes: a text of them all would be more work for the collector.
    lines: concatBytes(...lines),
    targetPairs: lines.length,
  };
}

/** The lines of the JSONL for a conversation, one for each pair with a target. */
export function renderLines(conversationId: string, { pairs }: ParsedConversation): string[] {
  return pairs.filter((pair) => pair["target_response"] !== null)
    .map((pair) => `${renderPair(conversationId, pair)}\n`);
}
