import { descendantsOf } from "../../../stack/support/stack-process.ts";

/** Resident memory of a process and of everything below it, in MB. */
export async function readMemory(pid: number): Promise<{ own: number; all: number }> {
  const own = await residentOf(pid);
  const below = await Promise.all((await descendantsOf(pid)).map(residentOf));
  return { own, all: below.reduce((sum, size) => sum + size, own) };
}

async function residentOf(pid: number): Promise<number> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`).catch(() => "");
  return Math.round(Number(/VmRSS:\s*(\d+)/.exec(status)?.[1] ?? 0) / 1024);
}
