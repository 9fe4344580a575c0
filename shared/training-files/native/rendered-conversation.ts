import { assertPinned } from "../assert-pinned.ts";
import type { ParsedConversation } from "../conversation/parse-conversation.ts";
import type { FileEntry } from "../file-entry.ts";
import { renderConversation } from "./render-conversation.ts";
import { renderPair } from "./render-pair.ts";

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

/** Renders a conversation for both native files. Throws `SOURCE_CHANGED` if it is not the pinned one. */
export function renderNative(
  entry: FileEntry,
  conversation: ParsedConversation,
): RenderedConversation {
  assertPinned(entry, conversation);
  const encoder = new TextEncoder();
  const lines = renderLines(entry, conversation);
  return {
    sha256: conversation.sha256,
    json: encoder.encode(renderConversation(entry, conversation)),
    jsonl: encoder.encode(lines.join("")),
    targetPairs: lines.length,
  };
}

/** The lines of the JSONL for a conversation, one for each pair with a target. */
export function renderLines(entry: FileEntry, conversation: ParsedConversation): string[] {
  return conversation.pairs.filter((pair) => pair["target_response"] !== null)
    .map((pair) => `${renderPair(entry.conversation_id, pair)}\n`);
}
