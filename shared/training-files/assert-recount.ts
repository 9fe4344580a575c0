import { TrainingFileError } from "./training-file-error.ts";

/** Holds a finished file to its plan. Throws `TOTALS_DIFFER` with report code E21. */
export function assertRecount(what: string, planned: number, written: number): void {
  if (planned === written) return;
  throw new TrainingFileError(
    "TOTALS_DIFFER",
    `The file holds ${written} ${what}, not ${planned}`,
    {
      details: { code: "E21", what, planned, written },
    },
  );
}
