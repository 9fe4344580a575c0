import { fileURLToPath } from "node:url";
import { memoryFlags } from "../../local/functions/memory-flags.ts";
import { type BenchRow, benchRow, median } from "../bench.ts";
import {
  beginFile,
  type BenchStack,
  type Conversations,
  makeConversations,
} from "./bench-stack.ts";

interface Measured {
  ms: number[];
  peakMb: number;
}

/** The builder beside the obvious implementation, each in a process of its own, on one input. */
export async function benchObvious(
  bench: BenchStack,
  say: (text: string) => void,
): Promise<BenchRow[]> {
  // A process warms up on the first file; the median of the three after it counts.
  const few = await compare(bench, { files: 4, count: 80, bytes: 56_000 }, say);
  // As many bytes as the bucket's limit of 50 MB for an object leaves room for. Once: peaks of
  // several runs differ by two in a hundred.
  const many = await compare(bench, { files: 1, count: 1_000, bytes: 46_000 }, say);
  const peer_name = "read all, one object, one JSON.stringify";
  return [
    benchRow({
      scenario: "80 conversations of 56 kB beside the obvious implementation: time",
      unit: "ms",
      ours: median(few.ours.ms.slice(1)),
      peer: median(few.obvious.ms.slice(1)),
      peer_name,
      bar: { most: 1 },
    }),
    benchRow({
      scenario: "the same conversations in another file, their snapshots stored by then: time",
      unit: "ms",
      ours: median(few.again.ms.slice(1)),
      peer: median(few.obvious.ms.slice(1)),
      peer_name,
      bar: { most: 1 },
    }),
    benchRow({
      scenario: "1,000 conversations of 46 kB beside it: peak memory",
      unit: "MB",
      ours: many.ours.peakMb,
      peer: many.obvious.peakMb,
      peer_name,
      bar: { most: 0.333 },
    }),
  ];
}

async function compare(
  bench: BenchStack,
  { files, count, bytes }: { files: number; count: number; bytes: number },
  say: (text: string) => void,
): Promise<{ ours: Measured; again: Measured; obvious: Measured }> {
  const sets: Conversations[] = [];
  for (let file = 0; file < files; file++) sets.push(await makeConversations(bench, count, bytes));
  const build = async () => {
    const begun = [];
    for (const set of sets) {
      begun.push({ ...await beginFile(bench, set, { isQueued: false }), keep: count <= 80 });
    }
    return await runProcess(bench, "run-ours.ts", begun);
  };
  const obvious = await runProcess(
    bench,
    "run-obvious.ts",
    sets.map((set) => ({ ...set, target: crypto.randomUUID() })),
  );
  const ours = await build();
  // What is known of a content is stored once: any later file with it is built as this one.
  const again = await build();
  say(
    `${count} conversations: ours ${show(ours)}, again ${show(again)}, obvious ${show(obvious)}`,
  );
  return { ours, again, obvious };
}

async function runProcess(
  { stack: { url, keys } }: BenchStack,
  name: string,
  inputs: unknown[],
): Promise<Measured> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--node-modules-dir=manual",
      "--cached-only",
      // Both have what a function has.
      ...memoryFlags,
      fileURLToPath(new URL(name, import.meta.url)),
    ],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(
    new TextEncoder().encode(JSON.stringify({ url, key: keys.secretKey, inputs })),
  );
  await writer.close();
  const { success, stdout } = await child.output();
  if (!success) throw new Error(`${name} failed`);
  return JSON.parse(new TextDecoder().decode(stdout));
}

function show({ ms, peakMb }: Measured): string {
  return `${ms.map((one) => one.toFixed(0)).join(", ")} ms, ${peakMb.toFixed(0)} MB`;
}
