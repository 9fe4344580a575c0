import type { NearDuplicates } from "../duplicates/group-near-duplicates.ts";
import type { FileEntry } from "../file-entry.ts";
import type { FileInfo } from "../file-info.ts";
import { tokenAnalytics, type TokenSums } from "../analytics/token-analytics.ts";
import { totalsOf } from "../native/totals.ts";
import type { ReportRow } from "../report/report-rows.ts";
import type { Measures } from "../sinks/measuring-sink.ts";
import type { DigestSource } from "./content-digest.ts";

/** An object of the version. */
export interface ManifestArtifact extends Measures {
  readonly format: string;
  readonly path: string;
  /** Null for the native files, which have no options. */
  readonly options_hash: string | null;
}

export interface ManifestInput {
  readonly file: FileInfo;
  readonly content_digest: string;
  readonly options: unknown;
  readonly entries: readonly FileEntry[];
  readonly sources: readonly DigestSource[];
  readonly report: Iterable<ReportRow>;
  readonly artifacts: readonly ManifestArtifact[];
  readonly duplicates: NearDuplicates;
}

/** What a version was made from and came to: enough to check every byte of it. */
export interface Manifest {
  readonly manifest_version: 1;
  readonly file_name: string;
  readonly version: number;
  readonly created_date: string;
  readonly last_updated: string;
  readonly content_digest: string;
  readonly options: unknown;
  readonly totals: {
    readonly conversations: number;
    readonly training_pairs: number;
    readonly rows: { readonly pair: number; readonly conversation: number };
  };
  readonly tokens: { readonly conversation: TokenSums; readonly pair: TokenSums };
  readonly sources: readonly (DigestSource & { position: number; bytes: number; pairs: number })[];
  /** Training pairs that no trainer export has, and why. */
  readonly excluded: readonly Pick<ReportRow, "conversation_id" | "pair_id" | "code" | "message">[];
  readonly artifacts: readonly ManifestArtifact[];
  readonly near_duplicates: NearDuplicates["conversations"];
}

/** Puts the manifest together; `manifestText` writes it. */
export function manifestOf(input: ManifestInput): Manifest {
  const { file, entries } = input;
  const totals = totalsOf(entries);
  const { conversation, pair } = tokenAnalytics(entries);
  return {
    manifest_version: 1,
    file_name: file.name,
    version: file.version,
    created_date: file.created_date,
    last_updated: file.last_updated,
    content_digest: input.content_digest,
    options: input.options,
    totals: {
      conversations: totals.conversation_count,
      training_pairs: totals.total_training_pairs,
      rows: {
        pair: entries.reduce((sum, { snapshot }) => sum + snapshot.rows.pair, 0),
        conversation: entries.reduce((sum, { snapshot }) => sum + snapshot.rows.conversation, 0),
      },
    },
    tokens: { conversation, pair },
    sources: input.sources.map((source, position) => ({
      position,
      ...source,
      bytes: entries[position]?.snapshot.byte_length ?? 0,
      pairs: entries[position]?.snapshot.counts.target_pairs ?? 0,
    })),
    excluded: excludedOf(input.report),
    artifacts: input.artifacts,
    near_duplicates: input.duplicates.conversations,
  };
}

function excludedOf(report: Iterable<ReportRow>): Manifest["excluded"] {
  const excluded = [];
  for (const { excluded: isExcluded, conversation_id, pair_id, code, message } of report) {
    if (isExcluded) excluded.push({ conversation_id, pair_id, code, message });
  }
  return excluded;
}

/** The manifest's own bytes: two spaces of indent, a line feed at the end. */
export function manifestText(manifest: Manifest): string {
  return `${JSON.stringify(manifest, null, 2)}\n`;
}
