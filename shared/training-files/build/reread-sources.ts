import type { SupabaseClient } from "@supabase/supabase-js";
import type { Database } from "../../database.types.ts";
import { parseConversation, type ParsedConversation } from "../conversation/parse-conversation.ts";
import type { FileEntry } from "../file-entry.ts";
import type { RenderedConversation } from "../native/rendered-conversation.ts";
import { takeSnapshot } from "../snapshot/take-snapshot.ts";
import { downloadPinned } from "./download-pinned.ts";
import type { Source } from "./download-source.ts";
import { readSlices } from "./read-slices.ts";
import type { SnapshotStore } from "./snapshot-store.ts";

/** Downloads at once. */
const ahead = 4;

/** A conversation that can be written. */
export interface Loaded {
  entry: FileEntry;
  conversation: ParsedConversation | RenderedConversation;
}

/**
 * Reads sources a second time, with the snapshots that were stored of them: a file of any length is
 * written without holding either. Writers refuse content that is not the pinned one.
 * Throws `TrainingFileError` SOURCE_CHANGED for what is gone.
 */
export async function* rereadSources(
  client: SupabaseClient<Database>,
  store: SnapshotStore,
  sources: Source[],
  pinned: readonly { sha256: string }[],
): AsyncGenerator<Loaded> {
  await store.flush();
  const items = sources.map((source, index) => ({ ...source, pinned: pinned[index]!.sha256 }));
  for await (const slice of readSlices(client, items, ahead, downloadPinned)) {
    const known = await store.getSnapshots(slice.map(({ source }) => source.pinned));
    for (const { source, bytes, sha256 } of slice) {
      const conversation = parseConversation(bytes, {
        conversationId: source.conversation_id,
        sha256,
      });
      // Another version of this code may have stored its own meanwhile.
      const snapshot = known.get(source.pinned) ??
        { ...takeSnapshot(conversation), sha256: source.pinned };
      yield { entry: { ...source, snapshot }, conversation };
    }
  }
}
