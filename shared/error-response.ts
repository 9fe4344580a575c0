import { z } from "zod";
import { ApiError } from "./errors.ts";

/**
 * The contract's error body for whatever was thrown. What is no `ApiError` goes to the log with the
 * request id, and to the caller as INTERNAL_ERROR. Details that say when to come back become the
 * header `Retry-After`.
 */
export function errorResponse(error: unknown, requestId: string): Response {
  if (!(error instanceof ApiError)) {
    console.error(JSON.stringify({ requestId, error: describe(error) }));
  }
  const { code, message, details, hint, status } = error instanceof ApiError
    ? error
    : new ApiError("INTERNAL_ERROR", "Something went wrong on our side", {
      hint: `Ask with the request id ${requestId}`,
    });
  const seconds = RetryAfter.safeParse(details).data?.retry_after_seconds;
  return Response.json({ code, message, details, hint }, {
    status,
    headers: seconds ? { "retry-after": String(seconds) } : {},
  });
}

/** What `QUOTA_EXCEEDED` says of it: supabase-js shows no headers of a database error. */
const RetryAfter = z.looseObject({ retry_after_seconds: z.int().positive().nullable() });

/** A line for the log: message, stack and causes, cut to a size that no caller can blow up. */
function describe(error: unknown): string {
  const cause = error instanceof Error && error.cause ? ` caused by ${describe(error.cause)}` : "";
  const text = error instanceof Error ? error.stack ?? error.message : JSON.stringify(error);
  return `${text}${cause}`.slice(0, 4000);
}
