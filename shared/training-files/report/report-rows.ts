import type { NearDuplicates } from "../duplicates/group-near-duplicates.ts";
import type { FileEntry } from "../file-entry.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import { type Problem, problem } from "./problem.ts";

/** The per-example limit of OpenAI's fine-tuning of GPT-4o and GPT-4.1, in tokens. */
export const TOKEN_LIMIT = 65_536;

/** Fewer equal scores than this say nothing. */
const MIN_SCORES = 3;

/** A row of the validation report. */
export interface ReportRow extends Omit<Problem, "pair_index"> {
  /** Line of the pair in the version's JSONL, whose header is line 1; null if it has none. */
  readonly line: number | null;
  /** Null for a finding about the whole file. */
  readonly conversation_id: string | null;
}

export interface ReportContext {
  readonly duplicates?: NearDuplicates;
  /** Tokens of a conversation row beyond which W20 warns. */
  readonly tokenLimit?: number;
}

/**
 * The rows of a report, one conversation at a time: what each one adds, and at the end what is said
 * of the whole file. Snapshots need not be kept.
 */
export function reportBuilder(context: ReportContext = {}): {
  add: (entry: FileEntry) => ReportRow[];
  end: () => ReportRow[];
} {
  const repeated = duplicateProblems(context.duplicates);
  const scores = { min: Infinity, max: -Infinity, count: 0 };
  let line = 1;
  return {
    add({ conversation_id: id, snapshot }) {
      const firstLine = line;
      line += snapshot.counts.target_pairs;
      scores.min = Math.min(scores.min, snapshot.scores.min ?? Infinity);
      scores.max = Math.max(scores.max, snapshot.scores.max ?? -Infinity);
      scores.count += snapshot.scores.count;
      return [
        ...snapshot.problems,
        ...repeated.get(id) ?? [],
        ...tokenProblems(snapshot, context.tokenLimit ?? TOKEN_LIMIT),
      ].map((found) => toRow(found, id, lineOf(found, snapshot, firstLine)));
    },
    end() {
      if (scores.count < MIN_SCORES || scores.min !== scores.max) return [];
      const message = `all ${scores.count} pairs have the quality_score ${scores.min}`;
      return [toRow(problem("W14", message), null, null)];
    },
  };
}

/**
 * The validation report of a file, from snapshots: each conversation's own problems, then W18 and
 * W20 of it, in the order of the file; W14 at the end. Each training pair that the trainer exports
 * lack has one row here with `excluded: true`: pairs = rows + excluded.
 */
export function* reportRows(
  entries: Iterable<FileEntry>,
  context: ReportContext = {},
): Generator<ReportRow> {
  const report = reportBuilder(context);
  for (const entry of entries) yield* report.add(entry);
  yield* report.end();
}

function toRow(found: Problem, id: string | null, line: number | null): ReportRow {
  return {
    line,
    conversation_id: id,
    pair_id: found.pair_id,
    code: found.code,
    level: found.level,
    message: found.message,
    fixed: found.fixed,
    excluded: found.excluded,
  };
}

function lineOf(found: Problem, snapshot: Snapshot, lastLine: number): number | null {
  const index = found.pair_index;
  if (index === null || snapshot.context_pairs.includes(index)) return null;
  const before = snapshot.context_pairs.filter((context) => context < index).length;
  return lastLine + 1 + index - before;
}

function tokenProblems({ tokens }: Snapshot, limit: number): Problem[] {
  const longest = tokens.conversation.longest_row;
  return longest > limit ? [problem("W20", `has ${longest} tokens, more than ${limit}`)] : [];
}

function duplicateProblems(duplicates: NearDuplicates | undefined): Map<string, Problem[]> {
  const problems = new Map<string, Problem[]>();
  const add = (id: string, found: Problem) => problems.set(id, [...problems.get(id) ?? [], found]);
  for (
    const { conversation_id: id, duplicate_of: of, similarity } of duplicates?.conversations ?? []
  ) {
    add(id, problem("W18", `nearly repeats conversation ${of} (similarity ${similarity})`));
  }
  for (const found of duplicates?.replies ?? []) {
    const { conversation_id: of, pair_id: pairId } = found.duplicate_of;
    const message = `the reply nearly repeats that of ${pairId} in ${of} (${found.similarity})`;
    add(found.conversation_id, problem("W18", message, found));
  }
  return problems;
}
