let isWatching = false;

/**
 * Keeps this process alive when a server closes its connections while one has something to write:
 * postgres 3.4.9 then writes to a socket that is gone, in a timer where nobody can catch it. The
 * query itself fails as it should, and the next one connects anew.
 */
export function surviveLostSockets(): void {
  if (isWatching) return;
  isWatching = true;
  globalThis.addEventListener("error", (event) => {
    if (
      event.error instanceof TypeError && /\bnextWrite\b.*postgres/.test(event.error.stack ?? "")
    ) {
      event.preventDefault();
      event.stopImmediatePropagation();
    }
  });
}
