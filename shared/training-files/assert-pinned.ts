import type { FileEntry } from "./file-entry.ts";
import { TrainingFileError } from "./training-file-error.ts";

/** Holds a conversation to its pinned hash. Throws `SOURCE_CHANGED` with report code E22. */
export function assertPinned(entry: FileEntry, conversation: { sha256: string }): void {
  if (entry.snapshot.sha256 === conversation.sha256) return;
  throw new TrainingFileError(
    "SOURCE_CHANGED",
    `Conversation ${entry.conversation_id} changed while the file was built`,
    {
      details: [{
        conversation_id: entry.conversation_id,
        code: "E22",
        pinned_sha256: entry.snapshot.sha256,
        sha256: conversation.sha256,
      }],
      hint: "Build again: the new content will be read",
    },
  );
}
