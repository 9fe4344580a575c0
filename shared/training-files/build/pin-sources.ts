import type { SupabaseClient } from "@supabase/supabase-js";
import type { Database } from "../../database.types.ts";
import { parseConversation, type ParsedConversation } from "../conversation/parse-conversation.ts";
import { takeFingerprint } from "../fingerprint/fingerprint.ts";
import { nativeTexts } from "../native/native-texts.ts";
import { type RenderedConversation, renderNative } from "../native/rendered-conversation.ts";
import { type PairSizes, takeSnapshot } from "../snapshot/take-snapshot.ts";
import { utf8Size } from "../utf8-size.ts";
import { downloadSource, type Source } from "./download-source.ts";
import { readAhead } from "./read-ahead.ts";
import { readSlices } from "./read-slices.ts";
import type { SnapshotStore, Taken } from "./snapshot-store.ts";

/** Downloads at once. */
const ahead = 4;

/** The same where all are kept: memory is not short then, and somebody waits for the answer. */
const aheadOfFew = 32;

/** A source whose content is known. */
export interface PinnedSource extends Source, Taken {
  /** What the native files will hold of it, where the caller keeps it. */
  rendered?: RenderedConversation;
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
): AsyncGenerator<PinnedSource> {
  for await (const slice of readSlices(client, sources, ahead, downloadSource)) {
    const known = await store.getTaken(slice.map(({ sha256 }) => sha256));
    for (const { source, bytes, sha256 } of slice) {
      const stored = known[sha256];
      const taken = stored ?? take(parse(source, bytes, sha256));
      if (!stored) await store.add(taken);
      yield { ...source, ...taken };
    }
  }
}

/**
 * As `pinSources`, with what will be written of them. Each snapshot is taken anew while the next
 * sources are on their way: to ask for the stored one would take longer.
 */
export async function* pinFewSources(
  client: SupabaseClient<Database>,
  store: SnapshotStore,
  sources: Source[],
): AsyncGenerator<PinnedSource> {
  const sha256s: string[] = [];
  let stored = Promise.resolve<string[]>([]);
  const load = async (source: Source) => {
    const object = await downloadSource(client, source);
    sha256s.push(object.sha256);
    if (sha256s.length === sources.length) {
      // Answered while the last of them are worked on.
      stored = store.findStored(sha256s);
      stored.catch(() => undefined);
    }
    return { source, ...object };
  };
  const all: Taken[] = [];
  for await (const { source, bytes, sha256 } of readAhead(sources, aheadOfFew, load)) {
    const conversation = parse(source, bytes, sha256);
    const texts = nativeTexts(source.conversation_id, conversation);
    const sizes = { json: utf8Size(texts.pairs), jsonl: texts.lines.byteLength };
    const taken = take(conversation, sizes);
    all.push(taken);
    const rendered = renderNative({ ...source, ...taken }, conversation, texts);
    yield { ...source, ...taken, rendered };
  }
  store.addMissing(all, stored);
}

/** Reads one source without asking for or storing its snapshot. Throws like `pinSources`. */
export async function pinSource(client: SupabaseClient<Database>, source: Source) {
  const { bytes, sha256 } = await downloadSource(client, source);
  const conversation = parse(source, bytes, sha256);
  return { ...source, ...take(conversation), conversation };
}

function take(conversation: ParsedConversation, sizes?: PairSizes): Taken {
  return {
    snapshot: takeSnapshot(conversation, sizes),
    fingerprint: takeFingerprint(conversation),
  };
}

function parse(source: Source, bytes: Uint8Array, sha256: string): ParsedConversation {
  return parseConversation(bytes, { conversationId: source.conversation_id, sha256 });
}
