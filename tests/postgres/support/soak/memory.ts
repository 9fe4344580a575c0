import { descendantsOf } from "../../../stack/support/stack-process.ts";
import { readResidentMemory } from "../../../support/resident-memory.ts";

/** Resident memory of a process and of everything below it, in MB. */
export async function readMemory(pid: number): Promise<{ own: number; all: number }> {
  const own = readResidentMemory(pid);
  const below = (await descendantsOf(pid)).map(readResidentMemory);
  const all = below.reduce((sum, size) => sum + size, own);
  return { own: Math.round(own), all: Math.round(all) };
}
