import type { TokenSums } from "../analytics/token-analytics.ts";
import type { FileEntry } from "../file-entry.ts";
import { type Totals, totalsBuilder } from "../native/totals.ts";
import { reportBuilder, type ReportRow } from "../report/report-rows.ts";
import type { DigestSource } from "./content-digest.ts";

/** A source as the manifest has it. */
export interface SummarySource extends DigestSource {
  readonly bytes: number;
  /** Pairs with a target. */
  readonly pairs: number;
}

/** All that a version's row and manifest say of its conversations. */
export interface VersionSummary {
  readonly totals: Totals;
  readonly rows: { readonly pair: number; readonly conversation: number };
  readonly tokens: { readonly conversation: TokenSums; readonly pair: TokenSums };
  readonly sources: readonly SummarySource[];
  /** Training pairs that no trainer export has, and why. */
  readonly excluded: readonly Pick<ReportRow, "conversation_id" | "pair_id" | "code" | "message">[];
}

/** Sums a version up one conversation at a time: of each only its line in the manifest is kept. */
export function versionSummaryBuilder(): {
  /** Returns the report's rows of the conversation, near-duplicates left out. */
  add: (entry: FileEntry) => ReportRow[];
  /** Throws `TrainingFileError` `CONSULTANT_PROFILE_MISMATCH`. */
  build: () => VersionSummary;
} {
  const totals = totalsBuilder();
  const report = reportBuilder();
  const rows = { pair: 0, conversation: 0 };
  const tokens = { conversation: { prompt: 0, trained: 0 }, pair: { prompt: 0, trained: 0 } };
  const sources: SummarySource[] = [];
  const excluded: ReportRow[] = [];
  return {
    add(entry) {
      const { conversation_id, snapshot } = entry;
      const { sha256, byte_length: bytes, counts } = snapshot;
      totals.add(entry);
      rows.pair += snapshot.rows.pair;
      rows.conversation += snapshot.rows.conversation;
      const { conversation, pair } = snapshot.tokens;
      addTokens(tokens.conversation, conversation.total, conversation.trained_all);
      addTokens(tokens.pair, pair.total, pair.trained_last);
      sources.push({ conversation_id, sha256, split: null, bytes, pairs: counts.target_pairs });
      const found = report.add(entry);
      excluded.push(...found.filter((row) => row.excluded));
      return found;
    },
    build: () => ({
      totals: totals.build(),
      rows,
      tokens,
      sources,
      excluded: excluded.map(({ conversation_id, pair_id, code, message }) => ({
        conversation_id,
        pair_id,
        code,
        message,
      })),
    }),
  };
}

function addTokens(sums: { prompt: number; trained: number }, total: number, trained: number) {
  sums.prompt += total - trained;
  sums.trained += trained;
}
