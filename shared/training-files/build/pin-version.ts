import { nearDuplicateGrouper, type NearDuplicates } from "../duplicates/group-near-duplicates.ts";
import { refuseErrors } from "../report/refuse-errors.ts";
import type { ReportRow } from "../report/report-rows.ts";
import { type VersionSummary, versionSummaryBuilder } from "../versions/version-summary.ts";
import type { BuildOptions } from "./build-options.ts";
import type { BuildPlan } from "./build-plan.ts";
import { pinFewSources, pinSources } from "./pin-sources.ts";
import type { Loaded } from "./reread-sources.ts";
import type { SnapshotStore } from "./snapshot-store.ts";

/** What is known of a version before its first byte is written. */
export interface PinnedVersion {
  summary: VersionSummary;
  duplicates: NearDuplicates;
  /** The conversations, where they are kept. */
  kept: Loaded[];
}

/**
 * Reads every source of a version and sums it up. Of a conversation that is not kept remain its line
 * in the manifest and its shingles. Throws like `pinSources`, `refuseErrors` where validation is
 * strict, and `versionSummaryBuilder`.
 */
export async function pinVersion(
  plan: BuildPlan,
  store: SnapshotStore,
  { client, keep, onProgress = () => Promise.resolve() }: BuildOptions,
): Promise<PinnedVersion> {
  const isStrict = plan.options.validation === "strict";
  const summary = versionSummaryBuilder();
  const duplicates = nearDuplicateGrouper();
  const errors: ReportRow[] = [];
  const kept: Loaded[] = [];
  let count = 0;
  const pinned = (keep ? pinFewSources : pinSources)(client, store, plan.sources);
  for await (const { fingerprint, rendered, ...entry } of pinned) {
    duplicates.add({ conversation_id: entry.conversation_id, fingerprint });
    const rows = summary.add(entry);
    if (isStrict) errors.push(...rows.filter(({ level }) => level === "error"));
    if (rendered) kept.push({ entry, conversation: rendered });
    await onProgress(++count / plan.sources.length / 2);
  }
  refuseErrors(errors);
  return { summary: summary.build(), duplicates: duplicates.found, kept };
}
