import { concatBytes } from "@noble/hashes/utils.js";
import { assertPinned } from "../assert-pinned.ts";
import type { ParsedConversation } from "../conversation/parse-conversation.ts";
import type { FileEntry } from "../file-entry.ts";
import { nativeTexts } from "./native-texts.ts";
import { renderConversationFrame } from "./render-conversation.ts";

/** A conversation as the native files hold it: smaller than its objects, and no work for the collector. */
export interface RenderedConversation {
  readonly sha256: string;
  /** Its element of the full JSON. */
  readonly json: Uint8Array;
  /** Its lines of the JSONL, with their line feeds. */
  readonly jsonl: Uint8Array;
  /** How many lines those are. */
  readonly targetPairs: number;
}

/**
 * Renders a conversation for both native files; `texts` are those of this entry, where the caller
 * has them. Throws `SOURCE_CHANGED` if it is not the pinned one.
 */
export function renderNative(
  entry: FileEntry,
  conversation: ParsedConversation,
  texts = nativeTexts(entry.conversation_id, conversation),
): RenderedConversation {
  assertPinned(entry, conversation);
  const encoder = new TextEncoder();
  const { head, tail } = renderConversationFrame(entry);
  return {
    sha256: conversation.sha256,
    json: concatBytes(...[head, texts.pairs, tail].map((text) => encoder.encode(text))),
    jsonl: texts.lines,
    targetPairs: texts.targetPairs,
  };
}
