import type { ReportCodeName } from "./report-codes.ts";
import type { ReportRow } from "./report-rows.ts";

/** How often a code occurs. */
export interface CodeCount {
  readonly code: ReportCodeName;
  readonly count: number;
  readonly fixed: number;
  readonly excluded: number;
}

export interface ReportSummary {
  readonly errors: number;
  readonly warnings: number;
  /** Repaired errors, among `errors`. */
  readonly fixed: number;
  /** Training pairs that no trainer export has. */
  readonly excluded: number;
  /** In the order of the codes. */
  readonly codes: readonly CodeCount[];
}

/** Counts the rows of a report. */
export function summariseReport(rows: Iterable<ReportRow>): ReportSummary {
  const codes = new Map<ReportCodeName, { count: number; fixed: number; excluded: number }>();
  const levels = { error: 0, warning: 0, info: 0 };
  for (const { code, level, fixed, excluded } of rows) {
    const known = codes.get(code) ?? { count: 0, fixed: 0, excluded: 0 };
    codes.set(code, {
      count: known.count + 1,
      fixed: known.fixed + Number(fixed),
      excluded: known.excluded + Number(excluded),
    });
    levels[level]++;
  }
  const counts = [...codes].map(([code, count]) => ({ code, ...count }));
  return {
    errors: levels.error,
    warnings: levels.warning,
    fixed: counts.reduce((sum, { fixed }) => sum + fixed, 0),
    excluded: counts.reduce((sum, { excluded }) => sum + excluded, 0),
    codes: counts.sort((a, b) => (a.code.slice(1) < b.code.slice(1) ? -1 : 1)),
  };
}
