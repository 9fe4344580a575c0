/** A provider with a limit: so many calls in any minute, and none at all during a storm. */
export interface LimitedProvider {
  /** Null when the call was allowed, or after how many seconds to try again. */
  call(): number | null;
  /** When calls were accepted and refused, in milliseconds since the start. */
  accepted: number[];
  refused: number[];
}

/** Counts calls in a window that slides over the last minute. */
export function createLimitedProvider(
  { perMinute, storm }: { perMinute: number; storm: { from: number; to: number } },
): LimitedProvider {
  const startedAt = performance.now();
  const accepted: number[] = [];
  const refused: number[] = [];
  return {
    accepted,
    refused,
    call: () => {
      const now = performance.now() - startedAt;
      const oldest = accepted.at(-perMinute) ?? -Infinity;
      const isStormy = now >= storm.from && now < storm.to;
      if (!isStormy && now - oldest >= 60_000) {
        accepted.push(now);
        return null;
      }
      refused.push(now);
      return isStormy ? 5 : Math.ceil((60_000 - (now - oldest)) / 1000);
    },
  };
}
