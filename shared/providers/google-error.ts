import { z } from "zod";
import type { ErrorReading } from "./post-json.ts";

const Detail = z.object({
  "@type": z.string(),
  reason: z.string().optional(),
  retryDelay: z.string().optional(),
});

const GoogleError = z.object({
  error: z.object({
    status: z.string().optional(),
    // Of the many kinds of details two are read; what one of them lacks must not hide the other.
    details: z.array(Detail.catch({ "@type": "" })).optional(),
  }),
});

/**
 * What the body of an error of Google's APIs says beyond its status: a bad key is a 400 there, and
 * when to come back is in the body.
 * Source: https://cloud.google.com/apis/design/errors and google/rpc/error_details.proto
 */
export function readGoogleError(body: unknown, status: number): ErrorReading {
  const { data } = GoogleError.safeParse(body);
  const details = data?.error.details ?? [];
  const find = (name: string) =>
    details.find((own) => own["@type"].endsWith(`/google.rpc.${name}`));
  const delay = /^(\d{1,9}(\.\d+)?)s$/.exec(find("RetryInfo")?.retryDelay ?? "");
  const isUnauthorized = status === 400 &&
    (data?.error.status === "FAILED_PRECONDITION" ||
      (find("ErrorInfo")?.reason ?? "").startsWith("API_KEY_"));
  return {
    ...(isUnauthorized && { refusal: "unauthorized" as const }),
    retryAfterSeconds: delay ? Math.min(600, Math.max(1, Math.ceil(Number(delay[1])))) : null,
  };
}
