import { yieldToEvents } from "./yield-to-events.ts";

/** Urgent work, such as a query that a person waits for, or work in bulk. */
export type Level = "urgent" | "bulk";

interface Waiting {
  remaining: number;
  signal: AbortSignal;
  run: () => Promise<void>;
  reject: (reason: unknown) => void;
}

/**
 * Hands out turns on the one thread that runs the model. A caller asks for one turn at a time. In
 * bulk, who needs the fewest more comes first: small work passes large, and equals end one after
 * the other; if they shared, all would end at once, past the time that their callers have. The
 * levels alternate when both wait, so an urgent turn waits for one bulk turn at most, and bulk work
 * is slowed but never starved by urgent work.
 */
export class SliceQueue {
  #waiting: Record<Level, Waiting[]> = { urgent: [], bulk: [] };
  #last: Level = "bulk";
  #isRunning = false;

  /**
   * Runs `work` in its turn, when the caller needs so many more with this one. Rejects with the
   * signal's reason, unrun, if it is aborted by then.
   */
  turn<T>(
    level: Level,
    remaining: number,
    signal: AbortSignal,
    work: () => Promise<T>,
  ): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const run = async () => {
      try {
        resolve(await work());
      } catch (error) {
        reject(error);
      }
    };
    this.#waiting[level].push({ remaining, signal, run, reject });
    if (!this.#isRunning) this.#drain();
    return promise;
  }

  async #drain(): Promise<void> {
    this.#isRunning = true;
    for (let next = this.#next(); next; next = this.#next()) {
      if (next.signal.aborted) next.reject(next.signal.reason);
      else await next.run();
      await yieldToEvents();
    }
    this.#isRunning = false;
  }

  #next(): Waiting | undefined {
    const { urgent, bulk } = this.#waiting;
    const isUrgent = urgent.length > 0 && (this.#last === "bulk" || bulk.length === 0);
    this.#last = isUrgent ? "urgent" : "bulk";
    if (isUrgent || bulk.length === 0) return urgent.shift();
    const least = Math.min(...bulk.map(({ remaining }) => remaining));
    return bulk.splice(bulk.findIndex(({ remaining }) => remaining === least), 1)[0];
  }
}
