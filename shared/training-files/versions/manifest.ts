import type { NearDuplicates } from "../duplicates/group-near-duplicates.ts";
import type { FileInfo } from "../file-info.ts";
import type { Measures } from "../sinks/measuring-sink.ts";
import type { SummarySource, VersionSummary } from "./version-summary.ts";

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
  readonly summary: VersionSummary;
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
    readonly rows: VersionSummary["rows"];
  };
  readonly tokens: VersionSummary["tokens"];
  readonly sources: readonly (SummarySource & { position: number })[];
  readonly excluded: VersionSummary["excluded"];
  readonly artifacts: readonly ManifestArtifact[];
  readonly near_duplicates: NearDuplicates["conversations"];
}

/** Puts the manifest together; `manifestText` writes it. */
export function manifestOf(input: ManifestInput): Manifest {
  const { file, summary } = input;
  const { totals, tokens, rows, sources, excluded } = summary;
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
      rows,
    },
    tokens,
    sources: sources.map((source, position) => ({ position, ...source })),
    excluded,
    artifacts: input.artifacts,
    near_duplicates: input.duplicates.conversations,
  };
}

/** The manifest's own bytes: two spaces of indent, a line feed at the end. */
export function manifestText(manifest: Manifest): string {
  return `${JSON.stringify(manifest, null, 2)}\n`;
}
