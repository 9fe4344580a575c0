import { TrainingFileError } from "../training-file-error.ts";
import type { ReportRow } from "./report-rows.ts";

/** Rows that the error carries; all of them are in the report. */
const SHOWN = 100;

/**
 * `validation: "strict"`: throws `TrainingFileError` `VALIDATION_FAILED` if any row is an error,
 * a repaired one included, with the first 100 of them as details.
 */
export function refuseErrors(rows: Iterable<ReportRow>): void {
  const shown: ReportRow[] = [];
  let count = 0;
  for (const row of rows) {
    if (row.level !== "error") continue;
    if (count++ < SHOWN) shown.push(row);
  }
  if (count === 0) return;
  throw new TrainingFileError("VALIDATION_FAILED", `${count} errors in the validation report`, {
    details: shown,
    hint: "Correct the conversations, or send validation 'repair'",
  });
}
