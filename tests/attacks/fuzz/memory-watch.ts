import type { Functions } from "../../../local/functions/supervise-functions.ts";
import { readResidentMemory } from "../../support/resident-memory.ts";

/** What a function's process held, in MB: in the middle of a run, at its end, and at most. */
export interface Memory {
  name: string;
  middle: number;
  end: number;
  most: number;
}

/** Reads once a second what each function's process holds; Linux alone tells. */
export async function watchMemory(functions: Functions, names: string[]) {
  const pids = await Promise.all(names.map((name) => functions.pid(name)));
  const samples = pids.map((): number[] => []);
  const read = () => pids.forEach((pid, at) => samples[at]!.push(readResidentMemory(pid)));
  const timer = setInterval(read, 1000);
  return {
    /** Ends it. Throws when a process has ended meanwhile. */
    async stop(): Promise<Memory[]> {
      clearInterval(timer);
      read();
      const after = await Promise.all(names.map((name) => functions.pid(name)));
      const died = names.filter((_, at) => after[at] !== pids[at]);
      if (died.length > 0) throw new Error(`ended and was started again: ${died.join(", ")}`);
      return names.map((name, at) => {
        const all = samples[at]!;
        const part = (from: number, to: number) =>
          median(all.slice(Math.floor(all.length * from), Math.ceil(all.length * to)));
        return { name, middle: part(0.4, 0.6), end: part(0.8, 1), most: Math.max(...all) };
      });
    },
  };
}

function median(values: number[]): number {
  return Math.round(values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!);
}
