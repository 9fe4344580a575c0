import type { ParsedConversation } from "./conversation/parse-conversation.ts";
import type { FileEntry } from "./file-entry.ts";

/**
 * Writes one file, one conversation in memory at a time: `begin`, then `writeConversation` for
 * each entry of the plan in its order, then `end`. Same calls, same bytes. Some take conversations
 * that were rendered before.
 */
export interface Writer<Rendered = never> {
  begin(): void;
  /** Throws `TrainingFileError` `SOURCE_CHANGED` (E22) if the bytes are not the pinned ones. */
  writeConversation(entry: FileEntry, conversation: ParsedConversation | Rendered): void;
  /** Throws `TrainingFileError` `TOTALS_DIFFER` (E21) if what was written is not what was planned. */
  end(): void;
}
