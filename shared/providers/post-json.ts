import { limitedFetch } from "./limited-fetch.ts";
import { parseRetryAfter } from "./parse-retry-after.ts";
import { ProviderError } from "./provider-error.ts";
import { refusalOfStatus } from "./refusal-of-status.ts";
import { runWithin } from "./run-within.ts";

/** What the body of an error says beyond its status. */
export type ErrorReading = Partial<Pick<ProviderError, "refusal" | "retryAfterSeconds">>;

interface PostOptions {
  headers: Record<string, string>;
  body: unknown;
  timeoutMs: number;
  signal?: AbortSignal;
  /** Longer answers are not read to their end. */
  maxBytes: number;
  /** Reads the body of an error; null when it is no JSON. */
  readError?: (body: unknown, status: number) => ErrorReading;
}

/**
 * Asks a provider with a JSON body and returns the JSON that it answers. Throws `ProviderError`,
 * whose message says nothing of what was sent or of what the provider wrote.
 */
export async function postJson(url: string, options: PostOptions): Promise<unknown> {
  try {
    return await runWithin(
      options.timeoutMs,
      options.signal,
      (signal) => ask(url, options, signal),
    );
  } catch (cause) {
    throw cause instanceof ProviderError
      ? cause
      : new ProviderError("the embedding provider cannot be reached", { cause });
  }
}

async function ask(
  url: string,
  { headers, body: sent, maxBytes, readError }: PostOptions,
  signal: AbortSignal,
): Promise<unknown> {
  const response = await limitedFetch(maxBytes)(url, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(sent),
    signal,
  });
  if (response.ok) {
    return await response.json().catch((cause) => {
      throw new ProviderError("the embedding provider answered with something unreadable", {
        cause,
      });
    });
  }
  const { status } = response;
  const body = await response.json().catch(() => null);
  const said: ErrorReading = readError?.(body, status) ?? {};
  const retryAfterSeconds = parseRetryAfter(response.headers, new Date()) ??
    said.retryAfterSeconds ?? null;
  throw new ProviderError(`the embedding provider answered ${status}`, {
    refusal: said.refusal ?? refusalOfStatus(status, retryAfterSeconds !== null),
    retryAfterSeconds,
  });
}
