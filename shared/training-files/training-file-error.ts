import { ApiError, type ErrorCode } from "../errors.ts";

/** The failures that training files have of their own. */
export type TrainingFileErrorCode = Extract<
  ErrorCode,
  | "CONVERSATION_INVALID"
  | "CONVERSATION_TOO_LARGE"
  | "CONSULTANT_PROFILE_MISMATCH"
  | "VALIDATION_FAILED"
  | "SOURCE_CHANGED"
  | "TOTALS_DIFFER"
>;

/** What a caller may know beyond the sentence. */
export interface TrainingFileErrorExtras {
  readonly details?: unknown;
  readonly hint?: string;
  readonly cause?: unknown;
}

/** A conversation or a file is not what it must be. */
export class TrainingFileError extends ApiError {
  declare readonly code: TrainingFileErrorCode;

  constructor(code: TrainingFileErrorCode, message: string, extras: TrainingFileErrorExtras = {}) {
    super(code, message, extras);
    this.name = "TrainingFileError";
  }
}
