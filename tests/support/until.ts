/**
 * Asks again and again, 25 ms apart, until `check` finds something, and returns that. Throws with
 * `what` when nothing is found in time.
 */
export async function until<T>(
  what: string,
  check: () => Promise<T | null | undefined | false> | T | null | undefined | false,
  { seconds = 30 }: { seconds?: number } = {},
): Promise<T> {
  const deadline = performance.now() + seconds * 1000;
  while (performance.now() < deadline) {
    const found = await check();
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error(`waited ${seconds} s in vain: ${what}`);
}
