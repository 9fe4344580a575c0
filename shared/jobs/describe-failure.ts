import { ZodError } from "zod";
import { ApiError } from "../errors.ts";
import { PermanentError } from "../permanent-error.ts";
import { ProviderError } from "../providers/provider-error.ts";

/** What `fail_jobs` records of a failed attempt. */
export interface Failure {
  code: string;
  /** For the user: without addresses, statements or what a provider wrote. */
  message: string;
  is_permanent: boolean;
}

/** Tells errors that another attempt would repeat from those that pass, and both from what users may read. */
export function describeFailure(error: unknown): Failure {
  if (error instanceof PermanentError) {
    return { code: error.code, message: error.message, is_permanent: true };
  }
  if (error instanceof ProviderError) {
    return {
      code: error.isRateLimit ? "PROVIDER_RATE_LIMITED" : "PROVIDER_FAILED",
      message: error.message,
      is_permanent: error.isPermanent,
    };
  }
  if (error instanceof ZodError) {
    return {
      code: "JOB_UNKNOWN",
      message: "This worker does not know such a job",
      is_permanent: true,
    };
  }
  if (error instanceof ApiError) {
    return { code: error.code, message: error.message, is_permanent: false };
  }
  console.error(JSON.stringify({ event: "unexpected_error", error: describe(error) }));
  return {
    code: "INTERNAL_ERROR",
    message: "Something went wrong on our side",
    is_permanent: false,
  };
}

function describe(error: unknown): string {
  return (error instanceof Error ? error.stack ?? error.message : String(error)).slice(0, 4000);
}
