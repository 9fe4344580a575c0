/** `fetch` that gives up after so many milliseconds: a peer that is gone need not say so. */
export function timedFetch(ms: number): typeof fetch {
  return (input, init) => {
    const signals = [AbortSignal.timeout(ms), init?.signal].filter((signal) => signal != null);
    return fetch(input, { ...init, signal: AbortSignal.any(signals) });
  };
}
