/** Six beats go unheard before a build counts as lost. */
const beatMs = 5_000;

/**
 * Does work and beats meanwhile, at once and then every five seconds, with the share that is done:
 * by the clock, since one slow step must not look like a death. A beat that throws ends the work at
 * its next step with that error.
 */
export async function whileBeating<T>(
  beat: (share: number) => Promise<void>,
  work: (onProgress: (share: number) => Promise<void>) => Promise<T>,
): Promise<T> {
  let done = 0;
  let lost: { reason: unknown } | null = null;
  const next = () => {
    beat(done).catch((reason) => lost = { reason });
  };
  next();
  const timer = setInterval(next, beatMs);
  try {
    // deno-lint-ignore require-await -- throws as a rejection
    return await work(async (share) => {
      done = share;
      if (lost) throw lost.reason;
    });
  } finally {
    clearInterval(timer);
  }
}
