import { type BenchRow, benchRow, median } from "../bench.ts";
import {
  beginFile,
  type BenchStack,
  type Conversations,
  makeConversations,
} from "./bench-stack.ts";
import { type MeasuredProcess, startMeasured } from "./measured-process.ts";

interface Measured {
  ms: number[];
  peakMb: number;
}

/** The builder beside the obvious implementation, each in a process of its own, on one input. */
export async function benchObvious(
  bench: BenchStack,
  say: (text: string) => void,
): Promise<BenchRow[]> {
  // Processes warm up on the first two files; the median of the seven after them counts.
  const few = await compare(bench, { files: 9, count: 80, bytes: 56_000 }, say);
  // As many bytes as the bucket's limit of 50 MB for an object leaves room for. Once: peaks of
  // several runs differ by two in a hundred.
  const many = await compare(bench, { files: 1, count: 1_000, bytes: 46_000 }, say);
  const peer_name = "read all, one object, one JSON.stringify";
  return [
    benchRow({
      scenario: "80 conversations of 56 kB beside the obvious implementation: time",
      unit: "ms",
      ours: median(few.ours.ms.slice(2)),
      peer: median(few.obvious.ms.slice(2)),
      peer_name,
      bar: { most: 1 },
    }),
    benchRow({
      scenario: "the same conversations in another file, their snapshots stored by then: time",
      unit: "ms",
      ours: median(few.again.ms.slice(2)),
      peer: median(few.obvious.ms.slice(2)),
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
  const sides = { obvious: empty(), ours: empty(), again: empty() };
  const processes = {
    obvious: startMeasured(bench, "run-obvious.ts"),
    ours: startMeasured(bench, "run-ours.ts"),
    again: startMeasured(bench, "run-ours.ts"),
  };
  const begin = async (set: Conversations) => ({
    ...await beginFile(bench, set, { isQueued: false }),
    keep: count <= 80,
  });
  // In turn, so that what else the machine does meets all of them.
  for (let file = 0; file < files; file++) {
    const set = await makeConversations(bench, count, bytes);
    await take(sides.obvious, processes.obvious, { ...set, target: crypto.randomUUID() });
    await take(sides.ours, processes.ours, await begin(set));
    // What is known of a content is stored once: any later file with it is built as this one.
    await take(sides.again, processes.again, await begin(set));
  }
  await Promise.all(Object.values(processes).map((process) => process.stop()));
  const { ours, again, obvious } = sides;
  say(
    `${count} conversations: ours ${show(ours)}, again ${show(again)}, obvious ${show(obvious)}`,
  );
  return sides;
}

function empty(): Measured {
  return { ms: [], peakMb: 0 };
}

async function take(side: Measured, process: MeasuredProcess, input: unknown): Promise<void> {
  const { ms, peakMb } = await process.run(input);
  side.ms.push(ms);
  side.peakMb = peakMb;
}

function show({ ms, peakMb }: Measured): string {
  return `${ms.map((one) => one.toFixed(0)).join(", ")} ms, ${peakMb.toFixed(0)} MB`;
}
