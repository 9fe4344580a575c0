/**
 * A function that does one work at a time, in the order of its calls. Reading takes the CPU to itself
 * and memory by the document, so that several at once would only need more of it.
 */
export function createTurns(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const mine = last.then(work);
    last = mine.catch(() => undefined);
    return mine;
  };
}
