import { ZodError } from "zod";
import { ApiError } from "../errors.ts";
import { PermanentError } from "../permanent-error.ts";
import { ProviderError } from "../providers/provider-error.ts";
import { LaneBusyError } from "./lane-busy-error.ts";
import { TimeLimitError } from "./time-limit-error.ts";

/** What is recorded of an attempt that did not succeed. */
export interface Failure {
  code: string;
  /** For the user: without addresses, statements or what a provider wrote. */
  message: string;
  /** Another attempt would repeat it. */
  is_permanent: boolean;
  /**
   * Costs no attempt: the job goes back for so many seconds, null for a backoff. Its lane waits
   * too when a provider has refused, and holds fewer jobs then.
   */
  defer?: { seconds: number | null; scope: "lane" | "job" };
}

/** A key or a quota is put right by a person: there is no point in asking every few seconds. */
const unauthorizedSeconds = 300;

/** Tells errors that another attempt would repeat from those that pass, and both from what users may read. */
export function describeFailure(error: unknown): Failure {
  if (error instanceof PermanentError) {
    return { code: error.code, message: error.message, is_permanent: true };
  }
  if (error instanceof ProviderError) return describeRefusal(error);
  if (error instanceof LaneBusyError) {
    return {
      code: "PROVIDER_RATE_LIMITED",
      message: error.message,
      is_permanent: false,
      // Claims keep to the same limits: a pause of its own would outlast the lane's.
      defer: { seconds: 1, scope: "job" },
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
  if (error instanceof TimeLimitError) {
    return { code: "TIME_LIMIT", message: error.message, is_permanent: false };
  }
  console.error(JSON.stringify({ event: "unexpected_error", error: describe(error) }));
  return {
    code: "INTERNAL_ERROR",
    message: "Something went wrong on our side",
    is_permanent: false,
  };
}

function describeRefusal({ refusal, message, retryAfterSeconds }: ProviderError): Failure {
  switch (refusal) {
    case "rate_limited":
      return {
        code: "PROVIDER_RATE_LIMITED",
        message,
        is_permanent: false,
        defer: { seconds: retryAfterSeconds, scope: "lane" },
      };
    case "unauthorized":
      return {
        code: "PROVIDER_UNAUTHORIZED",
        message,
        is_permanent: false,
        defer: { seconds: unauthorizedSeconds, scope: "lane" },
      };
    case "transient":
      return { code: "PROVIDER_FAILED", message, is_permanent: false };
    case "input_rejected":
    case "permanent":
      return { code: "PROVIDER_FAILED", message, is_permanent: true };
  }
}

function describe(error: unknown): string {
  return (error instanceof Error ? error.stack ?? error.message : String(error)).slice(0, 4000);
}
