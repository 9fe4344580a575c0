/** Lets each caller have some of their requests worked on at a time; the others wait for their turn. */
export interface CallerTurns {
  /** Does the work when it is the caller's turn; throws what it throws. */
  take<T>(caller: string, work: () => Promise<T>): Promise<T>;
}

/**
 * Turns of which a caller has so many at once: whoever sends a hundred requests waits for
 * themselves, and nobody else waits behind them.
 */
export function createCallerTurns(most: number): CallerTurns {
  const callers = new Map<string, { busy: number; waiting: (() => void)[] }>();

  return {
    async take(caller, work) {
      const turns = callers.get(caller) ?? { busy: 0, waiting: [] };
      callers.set(caller, turns);
      // Whoever ends hands the turn on, so that nobody comes in between.
      if (turns.busy < most) turns.busy++;
      else await new Promise<void>((resolve) => turns.waiting.push(resolve));
      try {
        return await work();
      } finally {
        const next = turns.waiting.shift();
        if (next) next();
        else if (--turns.busy === 0) callers.delete(caller);
      }
    },
  };
}
