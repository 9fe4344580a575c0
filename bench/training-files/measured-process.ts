import { fileURLToPath } from "node:url";
import { memoryFlags } from "../../local/functions/memory-flags.ts";
import type { BenchStack } from "./bench-stack.ts";
import type { Measure } from "./measure.ts";
import { readLines } from "./read-lines.ts";

/** A process that does one work after the other when it is told to. */
export interface MeasuredProcess {
  run(input: unknown): Promise<Measure>;
  stop(): Promise<void>;
}

/** Starts a program that calls `measure`, with the memory that a function has. */
export function startMeasured(
  { stack: { url, keys } }: BenchStack,
  name: string,
): MeasuredProcess {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--node-modules-dir=manual",
      "--cached-only",
      ...memoryFlags,
      fileURLToPath(new URL(name, import.meta.url)),
      url,
      keys.secretKey,
    ],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const writer = child.stdin.getWriter();
  const answers = readLines(child.stdout);
  return {
    async run(input) {
      await writer.write(new TextEncoder().encode(`${JSON.stringify(input)}\n`));
      const { value, done } = await answers.next();
      if (done) throw new Error(`${name} failed`);
      return JSON.parse(value);
    },
    async stop() {
      await writer.close();
      await child.status;
    },
  };
}
