/** What a process holds of the memory, in MB of 2^20 bytes; 0 when it has ended. Linux alone tells. */
export function readResidentMemory(pid: number): number {
  try {
    const status = Deno.readTextFileSync(`/proc/${pid}/status`);
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}
