import type { SupabaseClient } from "@supabase/supabase-js";
import { z } from "zod";
import type { Database } from "../../database.types.ts";
import { unwrap } from "../../unwrap.ts";
import type { FingerprintEntry } from "../duplicates/group-near-duplicates.ts";
import { StoredFingerprint, unpackFingerprint } from "../fingerprint/stored-fingerprint.ts";
import { Snapshot } from "../snapshot/snapshot.ts";

const Entry = z.object({
  position: z.int(),
  conversation_id: z.guid(),
  path: z.string().nullable(),
  batch_id: z.guid().nullable(),
  snapshot: Snapshot,
  fingerprint: StoredFingerprint.nullable(),
});

/** A conversation of a published version, without its content. */
export type VersionEntry = z.infer<typeof Entry>;

/**
 * The conversations of a version that the caller has read under their own rights. Fingerprints are
 * most of their bytes: they come only where near-duplicates are looked for.
 */
export async function getEntries(
  admin: SupabaseClient<Database>,
  versionId: string,
  { hasFingerprints }: { hasFingerprints: boolean },
): Promise<VersionEntry[]> {
  return Entry.array().parse(
    unwrap(
      await admin.rpc("get_training_file_entries", {
        p_version_id: versionId,
        p_has_fingerprints: hasFingerprints,
      }),
    ),
  );
}

/** The entries that have a fingerprint, as the search for near-duplicates takes them, one by one. */
export function* fingerprintsOf(entries: VersionEntry[]): Generator<FingerprintEntry> {
  for (const { conversation_id, fingerprint } of entries) {
    if (fingerprint) yield { conversation_id, fingerprint: unpackFingerprint(fingerprint) };
  }
}
