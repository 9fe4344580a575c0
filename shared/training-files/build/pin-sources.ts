import type { SupabaseClient } from "@supabase/supabase-js";
import { z } from "zod";
import type { Database } from "../../database.types.ts";
import { unwrap } from "../../unwrap.ts";
import { parseConversation, type ParsedConversation } from "../conversation/parse-conversation.ts";
import { Fingerprint, takeFingerprint } from "../fingerprint/fingerprint.ts";
import { Snapshot } from "../snapshot/snapshot.ts";
import { takeSnapshot } from "../snapshot/take-snapshot.ts";
import { downloadSource, type Source } from "./download-source.ts";
import { readAhead } from "./read-ahead.ts";

/** A source whose content is known: what the rest of a build works from. */
export interface PinnedSource extends Source {
  snapshot: Snapshot;
  /** The conversation itself, where the caller keeps it. */
  conversation?: ParsedConversation;
}

const Known = z.record(z.string(), z.object({ snapshot: Snapshot, fingerprint: Fingerprint }));

/** Conversations that are read and asked about together. */
const sliceSize = 16;

/**
 * Reads each source once and takes its snapshot, or the stored one of the same bytes; new ones are
 * stored. Throws `TrainingFileError` for a source that is missing or not an enriched conversation.
 */
export async function* pinSources(
  client: SupabaseClient<Database>,
  orgId: string,
  sources: Source[],
  { keep }: { keep: boolean },
): AsyncGenerator<PinnedSource & { fingerprint: Fingerprint }> {
  const slices = Array.from(
    { length: Math.ceil(sources.length / sliceSize) },
    (_, slice) => sources.slice(slice * sliceSize, (slice + 1) * sliceSize),
  );
  // While a slice is worked on, the next one is read and the one before is stored.
  let storing = Promise.resolve();
  for await (const slice of readAhead(slices, 2, (slice) => readSlice(client, orgId, slice))) {
    const added: ReturnType<typeof take>[] = [];
    for (const { source, stored, bytes, sha256 } of slice) {
      const conversation = stored && !keep
        ? undefined
        : parseConversation(bytes, { conversationId: source.conversation_id, sha256 });
      const taken = stored ?? take(conversation!);
      if (!stored) added.push(taken);
      yield { ...source, ...taken, ...(keep && { conversation }) };
    }
    await storing;
    storing = addSnapshots(client, orgId, added);
    storing.catch(() => undefined);
  }
  await storing;
}

async function readSlice(client: SupabaseClient<Database>, orgId: string, slice: Source[]) {
  const objects = await Promise.all(slice.map((source) => downloadSource(client, source)));
  const known = await getSnapshots(client, orgId, objects.map(({ sha256 }) => sha256));
  return objects.map(({ bytes, sha256 }, index) => ({
    source: slice[index]!,
    stored: known[sha256],
    bytes,
    sha256,
  }));
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

function take(conversation: ParsedConversation) {
  return { snapshot: takeSnapshot(conversation), fingerprint: takeFingerprint(conversation) };
}

async function getSnapshots(client: SupabaseClient<Database>, orgId: string, sha256s: string[]) {
  const stored = unwrap(
    await client.rpc("get_conversation_snapshots", { p_org_id: orgId, p_sha256s: sha256s }),
  );
  // Taken by another version of this code, a snapshot is taken anew.
  const result = Known.safeParse(stored);
  return result.success ? result.data : {};
}

async function addSnapshots(
  client: SupabaseClient<Database>,
  orgId: string,
  taken: { snapshot: Snapshot; fingerprint: Fingerprint }[],
): Promise<void> {
  if (taken.length === 0) return;
  const distinct = new Map(taken.map((one) => [one.snapshot.sha256, one]));
  const rows = [...distinct].map(([sha256, { snapshot, fingerprint }]) => ({
    org_id: orgId,
    sha256,
    snapshot,
    fingerprint,
  }));
  const { error } = await client.from("conversation_snapshots")
    .upsert(rows, { onConflict: "org_id,sha256" });
  if (error) throw new Error("snapshots could not be stored", { cause: error });
}
