/**
 * A function that does one work at a time, in the order of its calls; a work that takes longer than
 * `patienceMs` no longer keeps the next one waiting. What takes the CPU to itself, or memory by the
 * document, is not done sooner several at once, and what is done alone is done sooner.
 */
export function createTurns(patienceMs = Infinity): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const mine = last.then(work);
    last = last.then(() => untilOver(mine, patienceMs));
    return mine;
  };
}

async function untilOver(work: Promise<unknown>, patienceMs: number): Promise<void> {
  const patience = Promise.withResolvers<void>();
  const timer = patienceMs === Infinity ? undefined : setTimeout(patience.resolve, patienceMs);
  await Promise.race([work.catch(() => undefined), patience.promise]);
  clearTimeout(timer);
}
