import { readLines } from "./read-lines.ts";

/** What a process of the bench says of one work. */
export interface Measure {
  ms: number;
  /** Of the process, up to then. */
  peakMb: number;
}

/** Does the work for each line of stdin, JSON each; prints its time and the process's peak memory. */
export async function measure(work: (input: unknown) => Promise<void>): Promise<void> {
  for await (const line of readLines(Deno.stdin.readable)) {
    const input: unknown = JSON.parse(line);
    const startedAt = performance.now();
    await work(input);
    const ms = performance.now() - startedAt;
    const status = await Deno.readTextFile("/proc/self/status");
    const peakMb = Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024 / 1e6;
    console.log(JSON.stringify({ ms, peakMb } satisfies Measure));
  }
}
