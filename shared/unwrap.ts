import { ApiError, isErrorCode } from "./errors.ts";

interface Result<T> {
  data: T;
  error: { code?: string; message: string; details?: unknown; hint?: string | null } | null;
}

/**
 * What passes by itself: another transaction in the way (deadlock, serialization, lock timeout), a
 * full disk and what follows it, a server without a connection to spare or that is being restarted.
 * https://www.postgresql.org/docs/17/errcodes-appendix.html, https://docs.postgrest.org/en/v14/references/errors.html
 */
const passing = new Set(
  ("40001 40P01 55P03 25006 53100 53300 57P01 57P02 57P03 " +
    "PGRST000 PGRST001 PGRST002 PGRST003").split(" "),
);

/** When to come back: long enough for a deadlock or a restart, and for somebody to notice a full disk. */
const retryAfterSeconds = 5;

/**
 * The data of a supabase-js answer. An error that SQL raised for the caller becomes an `ApiError`
 * with its code; any other is thrown as unexpected, with the answer as its cause.
 */
export function unwrap<T>({ data, error }: Result<T>): NonNullable<T> {
  if (error === null && data !== null && data !== undefined) return data;
  if (error === null) throw new Error("the database answered without data");
  const { code = "", message, hint } = error;
  const details = parseDetails(error.details);
  // What one of our functions sent and the database could not take is no fault of its caller's.
  if (isErrorCode(code) && !hasSqlState(details)) {
    throw new ApiError(code, message, { details, hint: hint ?? null });
  }
  if (code === "57014") {
    throw new ApiError("DATABASE_TIMEOUT", "The database took too long", { cause: error });
  }
  if (passing.has(code)) {
    throw new ApiError("DATABASE_UNAVAILABLE", "The database cannot do this now", {
      details: { retry_after_seconds: retryAfterSeconds },
      hint: "Nothing was done: try again later",
      cause: error,
    });
  }
  throw new Error(`database error ${code}: ${message}`, { cause: error });
}

function hasSqlState(details: unknown): boolean {
  return typeof details === "object" && details !== null && "sqlstate" in details;
}

/** SQL can only send text: structured details come as JSON in it. */
function parseDetails(details: unknown): unknown {
  if (typeof details !== "string") return details ?? null;
  try {
    return JSON.parse(details);
  } catch {
    return null;
  }
}
