/**
 * Every code that a caller may see, with its HTTP status. The codes that SQL raises are here too;
 * a test holds this list, the migrations and docs/errors.md together.
 */
export const errorStatus = {
  INVALID_REQUEST: 400,
  ORG_REQUIRED: 400,
  CONVERSATION_INVALID: 400,
  CONVERSATION_NOT_READY: 400,
  CONVERSATIONS_ALREADY_IN_FILE: 400,
  CONVERSATIONS_NOT_IN_FILE: 400,
  USER_REQUIRED: 401,
  ROLE_TOO_LOW: 403,
  ACCOUNT_REQUIRED: 403,
  NOT_FOUND: 404,
  ORG_NOT_FOUND: 404,
  MEMBER_NOT_FOUND: 404,
  INVITATION_NOT_FOUND: 404,
  DOCUMENT_NOT_FOUND: 404,
  JOB_NOT_FOUND: 404,
  CONVERSATION_NOT_FOUND: 404,
  TRAINING_FILE_NOT_FOUND: 404,
  VERSION_NOT_FOUND: 404,
  PROJECT_NOT_FOUND: 404,
  PAGE_NOT_FOUND: 404,
  POINTER_NOT_FOUND: 404,
  LANE_NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  REQUEST_TIMEOUT: 408,
  CHUNKS_INCOMPLETE: 409,
  EMBEDDING_MODEL_CHANGED: 409,
  JOB_NOT_RETRYABLE: 409,
  JOB_NOT_CANCELLABLE: 409,
  WORKER_DRAINING: 409,
  BUILD_LOST: 409,
  BUILD_NOT_CANCELLABLE: 409,
  NAME_TAKEN: 409,
  ALREADY_MEMBER: 409,
  OWNER_REQUIRED: 409,
  SOURCE_CHANGED: 409,
  TRAINING_FILE_BUSY: 409,
  REQUEST_TOO_LARGE: 413,
  CONVERSATION_TOO_LARGE: 413,
  TRAINING_FILE_TOO_LARGE: 413,
  UNSUPPORTED_MEDIA_TYPE: 415,
  CONSULTANT_PROFILE_MISMATCH: 422,
  IDEMPOTENCY_KEY_REUSED: 422,
  TRAINING_FILE_EMPTY: 422,
  VALIDATION_FAILED: 422,
  PROVIDER_RATE_LIMITED: 429,
  QUOTA_EXCEEDED: 429,
  INTERNAL_ERROR: 500,
  TOTALS_DIFFER: 500,
  PROVIDER_FAILED: 502,
  DATABASE_UNAVAILABLE: 503,
  DATABASE_TIMEOUT: 504,
} as const;

export type ErrorCode = keyof typeof errorStatus;

/** Whether a string, such as the code of a database error, is one of ours. */
export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorStatus, code);
}

/** A problem that the caller is told about, as the contract's error body. */
export class ApiError extends Error {
  readonly code: ErrorCode;
  readonly details: unknown;
  readonly hint: string | null;

  /**
   * `message` is one sentence for a person; `details` is structured; `hint` says what to do.
   * None of them may name a table, a constraint, a path or a statement.
   */
  constructor(
    code: ErrorCode,
    message: string,
    { details = null, hint = null, cause }: {
      details?: unknown;
      hint?: string | null;
      cause?: unknown;
    } = {},
  ) {
    super(message, { cause });
    this.name = "ApiError";
    this.code = code;
    this.details = details;
    this.hint = hint;
  }

  get status(): number {
    return errorStatus[this.code];
  }
}
