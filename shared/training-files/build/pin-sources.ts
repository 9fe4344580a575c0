import type { SupabaseClient } from "@supabase/supabase-js";
import type { Database } from "../../database.types.ts";
import { parseConversation, type ParsedConversation } from "../conversation/parse-conversation.ts";
import { takeFingerprint } from "../fingerprint/fingerprint.ts";
import { takeSnapshot } from "../snapshot/take-snapshot.ts";
import { downloadSource, type Source } from "./download-source.ts";
import { readSlices } from "./read-slices.ts";
import type { SnapshotStore, Taken } from "./snapshot-store.ts";

/** Downloads at once. */
const ahead = 4;

/** The same where all are kept: memory is not short then, and somebody waits for the answer. */
const aheadOfFew = 32;

/** A source whose content is known. */
export interface PinnedSource extends Source, Taken {
  /** The conversation itself, where the caller keeps it. */
  conversation?: ParsedConversation;
}

/**
 * Reads each source once and takes its snapshot, or the stored one of the same bytes; new ones go
 * to the store. Throws `TrainingFileError` for a source that is missing or not an enriched
 * conversation.
 */
export async function* pinSources(
  client: SupabaseClient<Database>,
  store: SnapshotStore,
  sources: Source[],
  { keep }: { keep: boolean },
): AsyncGenerator<PinnedSource> {
  for await (const slice of readSlices(client, sources, keep ? aheadOfFew : ahead)) {
    const known = await store.getTaken(slice.map(({ sha256 }) => sha256));
    for (const { source, bytes, sha256 } of slice) {
      const stored = known[sha256];
      const conversation = stored && !keep
        ? undefined
        : parseConversation(bytes, { conversationId: source.conversation_id, sha256 });
      const taken = stored ?? take(conversation!);
      if (!stored) await store.add(taken);
      yield { ...source, ...taken, ...(keep && { conversation }) };
    }
  }
}

/** Reads one source without asking for or storing its snapshot. Throws like `pinSources`. */
export async function pinSource(client: SupabaseClient<Database>, source: Source) {
  const { bytes, sha256 } = await downloadSource(client, source);
  const conversation = parseConversation(bytes, {
    conversationId: source.conversation_id,
    sha256,
  });
  return { ...source, ...take(conversation), conversation };
}

function take(conversation: ParsedConversation): Taken {
  return { snapshot: takeSnapshot(conversation), fingerprint: takeFingerprint(conversation) };
}
