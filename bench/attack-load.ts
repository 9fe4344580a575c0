import { fileURLToPath } from "node:url";
import { startChild } from "../local/child-process.ts";
import { startStackProcess } from "../scripts/demo/stack-process.ts";
import { type DemoUser, signUp } from "../scripts/demo/sign-up.ts";
import { createCluster } from "../scripts/support/postgres-cluster.ts";
import { addConversation } from "../tests/support/conversations.ts";
import type { Targets } from "./attack-load/bad-requests.ts";
import { type Bench, benchRow } from "./bench.ts";

const attackers = 100;
const readCount = 300;
const attackSeconds = 20;

/**
 * What reading costs an authorised user while a hundred bad requests are in flight, beside what it
 * costs when nobody else asks. Server, attackers and reader are processes of their own.
 */
export const benchAttackLoad: Bench = async ({ say, describe }) => {
  describe({ database: "postgresql", attackers: String(attackers) });
  await using cleanup = new AsyncDisposableStack();
  const cluster = await createCluster();
  cleanup.defer(() => cluster.destroy());
  const stack = await startStackProcess(["--no-cron", "--db", cluster.url]);
  cleanup.defer(() => stack.stop());
  const user = await signUp(stack.endpoint, "reader@maestro.example", "Reader");
  const stranger = await signUp(stack.endpoint, "stranger@maestro.example", "Stranger");
  const fileId = await createFile(user);
  const reads = await readsOf(stack.endpoint, user, fileId);
  for (const read of reads) await measure(read, { most: 50 });

  const idle: number[][] = [];
  for (const read of reads) idle.push(await measure(read, { most: readCount }));
  const load = await startChild("attackers", [
    fileURLToPath(new URL("attack-load/attack.ts", import.meta.url)),
    JSON.stringify(
      {
        ...stack.endpoint,
        token: await tokenOf(stranger),
        fileId,
        attackers,
      } satisfies Targets & { attackers: number },
    ),
  ]);
  cleanup.defer(() => load.stop());
  const loaded: number[][] = [];
  for (const read of reads) {
    const since = await counts(load.ready);
    loaded.push(await measure(read, { most: readCount, seconds: attackSeconds }));
    say(`${read.name}: ${rate(since, await counts(load.ready))} bad requests/s were answered`);
  }
  return reads.map(({ name }, at) => toRow(name, idle[at]!, loaded[at]!));
};

interface Read {
  name: string;
  url: string;
  headers: Record<string, string>;
}

async function readsOf(
  { url, publishable_key }: { url: string; publishable_key: string },
  user: DemoUser,
  fileId: string,
): Promise<Read[]> {
  const headers = { apikey: publishable_key, authorization: `Bearer ${await tokenOf(user)}` };
  return [
    {
      name: "GET training-files/:id",
      url: `${url}/functions/v1/training-files/${fileId}`,
      headers,
    },
    {
      name: "a row through the REST API",
      url: `${url}/rest/v1/training_files?select=id,name&id=eq.${fileId}`,
      headers,
    },
  ];
}

async function tokenOf({ client }: DemoUser): Promise<string> {
  return (await client.auth.getSession()).data.session!.access_token;
}

async function createFile(user: DemoUser): Promise<string> {
  const conversation = await addConversation(user);
  const { data, error } = await user.client.functions.invoke("training-files", {
    body: { name: "Read", conversation_ids: [conversation] },
  });
  if (error) throw error;
  return data.trainingFile.id;
}

/** Milliseconds of each of so many reads, one after the other. */
async function measure(
  { url, headers }: Read,
  { most, seconds = Infinity }: { most: number; seconds?: number },
): Promise<number[]> {
  const until = performance.now() + seconds * 1000;
  const times: number[] = [];
  while (times.length < most && performance.now() < until) {
    const startedAt = performance.now();
    const response = await fetch(url, { headers });
    await response.text();
    if (response.status !== 200) throw new Error(`a right request got ${response.status}`);
    times.push(performance.now() - startedAt);
  }
  return times;
}

interface Counts {
  at: number;
  answered: number;
}

async function counts(ready: unknown): Promise<Counts> {
  const { url } = ready as { url: string };
  const answered = Number(await (await fetch(url)).text());
  return { at: performance.now(), answered };
}

function rate(before: Counts, after: Counts): number {
  return Math.round((after.answered - before.answered) * 1000 / (after.at - before.at));
}

function toRow(name: string, idle: number[], loaded: number[]) {
  const at = (times: number[], share: number) =>
    times.toSorted((a, b) => a - b)[Math.ceil(times.length * share) - 1] ?? NaN;
  return benchRow({
    scenario: `${name}, while ${attackers} bad requests are in flight`,
    unit: "ms at p99",
    ours: at(loaded, 0.99),
    peer: at(idle, 0.99),
    peer_name: "idle",
    spread: `p50 ${at(loaded, 0.5).toFixed(1)}, beside ${at(idle, 0.5).toFixed(1)}; ` +
      `${loaded.length} reads, beside ${idle.length}`,
    bar: { most: 3 },
  });
}
