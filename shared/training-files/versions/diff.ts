import { type TokenSums, tokenSums } from "../analytics/token-analytics.ts";
import type { FileEntry } from "../file-entry.ts";

/** A version as the diff needs it. */
export interface VersionContent {
  readonly version: number;
  readonly entries: readonly FileEntry[];
}

/** A conversation whose content is another in the later version. */
export interface ChangedConversation {
  readonly conversation_id: string;
  readonly from_sha256: string;
  readonly to_sha256: string;
  /** Pairs with a target, later less earlier. */
  readonly pairs_delta: number;
}

/** The answer of `GET /training-files/:id/versions/:a/diff/:b`: what b has over a. */
export interface VersionDiff {
  readonly from: number;
  readonly to: number;
  /** In the order of b. */
  readonly added: readonly string[];
  /** In the order of a. */
  readonly removed: readonly string[];
  /** In the order of b. */
  readonly changed: readonly ChangedConversation[];
  readonly unchanged_count: number;
  readonly conversations_delta: number;
  /** Pairs with a target. */
  readonly pairs_delta: number;
  /** One row a conversation, every reply trained; `o200k_base`. */
  readonly tokens_delta: TokenSums;
}

/** Compares two versions by conversation and content hash. */
export function diffVersions(a: VersionContent, b: VersionContent): VersionDiff {
  const before = new Map(a.entries.map((entry) => [entry.conversation_id, entry]));
  const after = new Set(b.entries.map((entry) => entry.conversation_id));
  const changed = b.entries.flatMap((entry) => changeOf(before.get(entry.conversation_id), entry));
  const added = b.entries.filter((entry) => !before.has(entry.conversation_id));
  const removed = a.entries.filter((entry) => !after.has(entry.conversation_id));
  const was = tokenSums(a.entries, "conversation", "all");
  const is = tokenSums(b.entries, "conversation", "all");
  return {
    from: a.version,
    to: b.version,
    added: added.map((entry) => entry.conversation_id),
    removed: removed.map((entry) => entry.conversation_id),
    changed,
    unchanged_count: b.entries.length - added.length - changed.length,
    conversations_delta: b.entries.length - a.entries.length,
    pairs_delta: countPairs(b.entries) - countPairs(a.entries),
    tokens_delta: { prompt: is.prompt - was.prompt, trained: is.trained - was.trained },
  };
}

function changeOf(earlier: FileEntry | undefined, later: FileEntry): ChangedConversation[] {
  if (!earlier || earlier.snapshot.sha256 === later.snapshot.sha256) return [];
  return [{
    conversation_id: later.conversation_id,
    from_sha256: earlier.snapshot.sha256,
    to_sha256: later.snapshot.sha256,
    pairs_delta: countPairs([later]) - countPairs([earlier]),
  }];
}

function countPairs(entries: readonly FileEntry[]): number {
  return entries.reduce((sum, { snapshot }) => sum + snapshot.counts.target_pairs, 0);
}
