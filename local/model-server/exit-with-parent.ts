/**
 * Ends the process when its standard input ends, which the system brings about even if the parent
 * is killed and can say nothing, and on SIGTERM and SIGINT.
 */
export function exitWithParent(): void {
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    Deno.addSignalListener(signal, () => Deno.exit(0));
  }
  const ended = new WritableStream({ close: () => Deno.exit(0) });
  Deno.stdin.readable.pipeTo(ended).catch(() => Deno.exit(1));
}
