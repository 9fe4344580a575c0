/** Longer than any request takes here whose server is alive: a build at once, under load. */
const attemptMs = 30_000;

/**
 * Repeats what fails while the database or a function is away, and what gets no answer, as a user
 * would; throws the last error after 60 s.
 */
export async function persist<T>(work: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + 60_000;
  for (;;) {
    try {
      return await orTimeOut(work());
    } catch (error) {
      if (performance.now() > deadline) throw error;
      console.log(`again: ${String(error).slice(0, 200)}`);
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }
}

/** What the work resolves with, unless it takes longer than any request does: then it throws. */
export async function orTimeOut<T>(work: Promise<T>): Promise<T> {
  const { promise: over, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`no answer in ${attemptMs} ms`)), attemptMs);
  try {
    return await Promise.race([work, over]);
  } finally {
    clearTimeout(timer);
  }
}
