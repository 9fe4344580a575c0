import type { SupabaseClient } from "@supabase/supabase-js";
import type { Database } from "../database.types.ts";
import { unwrap } from "../unwrap.ts";
import { LaneBusyError } from "./lane-busy-error.ts";

/** Longer than this a job goes back instead of waiting with its lease held. */
const maxWaitSeconds = 20;

/** After so long it asks again: a pause may have been ended by hand. */
const maxSleepSeconds = 2;

/**
 * Makes what a handler awaits before each call to its provider, with the tokens that it will send:
 * the claim has paid for one request, unless the handler has made it, all else comes out of the
 * lane's budgets here. Throws `LaneBusyError` when the budget is not there soon.
 */
export function createLaneCalls(client: SupabaseClient<Database>, lane: string, paidCount = 1) {
  let callCount = 0;
  return async (tokens: number, signal: AbortSignal): Promise<void> => {
    const requestCount = callCount++ < paidCount ? 0 : 1;
    for (;;) {
      const seconds = unwrap(
        await client.rpc("claim_lane_requests", {
          p_lane: lane,
          p_request_count: requestCount,
          p_token_count: tokens,
        }),
      );
      if (seconds <= 0) return;
      if (seconds > maxWaitSeconds) throw new LaneBusyError();
      await sleep(Math.min(seconds, maxSleepSeconds) * 1000, signal);
    }
  };
}

async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  const stop = () => reject(signal.reason);
  signal.addEventListener("abort", stop);
  await promise.finally(() => {
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
  });
}
