interface Pace {
  /** Refusals that may go at once after a rest. */
  burst: number;
  /** Between two of them beyond that, in milliseconds. */
  intervalMs: number;
  /** The longest that one waits. */
  mostMs: number;
}

/**
 * How many milliseconds the next refusal is to wait: whoever sends bad requests without a pause
 * waits for them, and leaves the instance to those who have something to do there. A leaky bucket
 * as in https://en.wikipedia.org/wiki/Generic_cell_rate_algorithm, of `now` in milliseconds.
 */
export function paceRefusals(
  { burst, intervalMs, mostMs }: Pace,
  now: () => number = () => performance.now(),
): () => number {
  let next = 0;
  return () => {
    const earliest = now() - burst * intervalMs;
    // Beyond the longest wait the queue grows no further, however many come.
    next = Math.min(Math.max(next, earliest) + intervalMs, earliest + burst * intervalMs + mostMs);
    return Math.max(0, next - now());
  };
}
