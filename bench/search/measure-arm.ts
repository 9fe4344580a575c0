import type { Arm } from "./arms.ts";
import { matchCount } from "./arms.ts";
import type { Question } from "./make-corpus.ts";

/** A question to an organisation, with the rows that a comparison with each would find. */
export interface Task {
  org: number;
  question: Question;
  nearest: Set<number>;
}

/** What an arm did with the tasks. */
export interface Measured {
  p50: number;
  p99: number;
  /** Mean share of the nearest that were found. */
  recall: number;
  /** Mean number of rows that belong to the asked organisation, and the fewest. */
  rows: number;
  fewestRows: number;
}

/** Asks the arms one after the other, question by question, so that all see the same machine. */
export async function measureArms<Name extends string>(
  arms: Record<Name, Arm>,
  tasks: Task[],
  isIn: (row: number, org: number) => boolean,
): Promise<Record<Name, Measured>> {
  const names = Object.keys(arms) as Name[];
  const seen = new Map(
    names.map((name) => [name, { times: [] as number[], own: [] as number[][] }]),
  );
  for (const { org, question } of tasks.slice(0, 5)) {
    for (const name of names) await arms[name](org, question);
  }
  for (const { org, question } of tasks) {
    for (const name of names) {
      const before = performance.now();
      const rows = await arms[name](org, question);
      const { times, own } = seen.get(name)!;
      times.push(performance.now() - before);
      own.push(rows.filter((row) => isIn(row, org)));
    }
  }
  const entries = names.map((name) => [name, summarise(seen.get(name)!, tasks)]);
  return Object.fromEntries(entries) as Record<Name, Measured>;
}

function summarise({ times, own }: { times: number[]; own: number[][] }, tasks: Task[]): Measured {
  const sorted = times.toSorted((a, b) => a - b);
  const found = own.map((rows, at) => rows.filter((row) => tasks[at]!.nearest.has(row)).length);
  const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);
  return {
    p50: sorted[Math.floor(sorted.length * 0.5)]!,
    p99: sorted[Math.floor(sorted.length * 0.99)]!,
    recall: sum(found) / (tasks.length * matchCount),
    rows: sum(own.map((rows) => rows.length)) / tasks.length,
    fewestRows: Math.min(...own.map((rows) => rows.length)),
  };
}
