/**
 * Does some work that ends when its signal aborts: after so many milliseconds, or with another
 * signal. It fails then also when the work does not heed its signal, as the body of an answer may
 * not: the signals of the platform's own timeouts have been seen to be forgotten with what waits.
 */
export async function runWithin<T>(
  milliseconds: number,
  signal: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted();
  const ending = new AbortController();
  const over = Promise.withResolvers<never>();
  over.promise.catch(() => undefined);
  const end = (reason: unknown) => {
    ending.abort(reason);
    over.reject(reason);
  };
  const timer = setTimeout(() => end(new DOMException("timed out", "TimeoutError")), milliseconds);
  const stop = () => end(signal!.reason);
  signal?.addEventListener("abort", stop);
  try {
    return await Promise.race([work(ending.signal), over.promise]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", stop);
  }
}
