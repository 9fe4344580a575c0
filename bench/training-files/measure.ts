/** Runs the works of a process of the bench in turn; prints their times and its peak memory. */
export async function measure(works: (() => Promise<void>)[]): Promise<void> {
  const ms: number[] = [];
  for (const work of works) {
    const startedAt = performance.now();
    await work();
    ms.push(performance.now() - startedAt);
  }
  const status = await Deno.readTextFile("/proc/self/status");
  const peakMb = Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024 / 1e6;
  console.log(JSON.stringify({ ms, peakMb }));
}

/** What the bench hands in. */
export async function readInput(): Promise<unknown> {
  return await new Response(Deno.stdin.readable).json();
}
