import type { ProviderRefusal } from "./provider-error.ts";

/** What a provider means by an HTTP status; `saysWhen` is whether it said when to come back. */
export function refusalOfStatus(status: number, saysWhen: boolean): ProviderRefusal {
  if ([401, 402, 403].includes(status)) return "unauthorized";
  // 529 is "overloaded"; a 503 that says when to come back means the same.
  if ([429, 529].includes(status) || (status === 503 && saysWhen)) return "rate_limited";
  if ([400, 413, 422].includes(status)) return "input_rejected";
  return status >= 500 || [408, 409].includes(status) ? "transient" : "permanent";
}
