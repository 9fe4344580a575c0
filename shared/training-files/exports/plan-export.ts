import type { FileEntry } from "../file-entry.ts";
import { splitOf, type SplitPart } from "../split/split-of.ts";
import type { ExportOptions } from "./export-options.ts";

/** What an export will hold, known from snapshots alone. */
export interface ExportPlan {
  readonly options: ExportOptions;
  /** The conversations to stream, in the order of the file. */
  readonly entries: readonly FileEntry[];
  /** Rows of each part of the split; without a split all are in `train`. */
  readonly rows: Readonly<Record<SplitPart, number>>;
  /** Tokens of the longest row, `o200k_base`. */
  readonly longest_row: number;
}

/** Leader of a conversation's near-duplicate group, where it is not the conversation itself. */
export type Groups = ReadonlyMap<string, string>;

/**
 * Chooses the conversations of an export and counts its rows. Hand in the groups of
 * `groupNearDuplicates` so that no cluster is in two parts.
 */
export function planExport(
  entries: readonly FileEntry[],
  options: ExportOptions,
  groups: Groups = new Map(),
): ExportPlan {
  const rows = { train: 0, validation: 0 };
  const chosen: FileEntry[] = [];
  let longest = 0;
  for (const entry of entries) {
    const part = partOf(entry, options, groups);
    rows[part] += entry.snapshot.rows[options.granularity];
    if (options.split && options.split.part !== part) continue;
    chosen.push(entry);
    longest = Math.max(longest, entry.snapshot.tokens[options.granularity].longest_row);
  }
  return { options, entries: chosen, rows, longest_row: longest };
}

function partOf(entry: FileEntry, { split }: ExportOptions, groups: Groups): SplitPart {
  const id = entry.conversation_id;
  return split ? splitOf(groups.get(id) ?? id, split.seed, split.validation_percent) : "train";
}
