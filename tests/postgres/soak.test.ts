import { afterAll, beforeAll, expect, test } from "vitest";
import { embed } from "../support/embedding-server.ts";
import { randomNumbers } from "../support/random-numbers.ts";
import { until } from "../support/until.ts";
import { aReading, openAiAnswer } from "../support/vision-server.ts";
import { expectNoDifferences } from "./support/random-run/expect-no-differences.ts";
import { flakyAnswer } from "./support/random-run/flaky-provider.ts";
import { type CrashableStack, startCrashableStack } from "./support/random-run/stack.ts";
import { countJobs, hurry, recount, sweep } from "./support/random-run/work-off.ts";
import { startWorkers } from "./support/random-run/workers.ts";
import { type Actor, createActor } from "./support/soak/actor.ts";
import { auditUnderLoad } from "./support/soak/audit-under-load.ts";
import { disturb } from "./support/soak/disturb.ts";
import { expectDocuments } from "./support/soak/expect-documents.ts";
import { Ledger } from "./support/soak/ledger.ts";
import { readMemory } from "./support/soak/memory.ts";
import { work } from "./support/soak/work.ts";

const minutes = Number(Deno.env.get("SOAK_MINUTES"));
// Repeats what is done and the providers' moods, if not the moments at which things break.
const seed = Number(Deno.env.get("SOAK_SEED") ?? Date.now() % 2 ** 31);
const leaseSeconds = 3;
const actorCount = 4;

let stack: CrashableStack;
const random = randomNumbers(seed);
const ledger = new Ledger();

beforeAll(async () => {
  stack = await startCrashableStack(leaseSeconds);
});
afterAll(() => stack?.[Symbol.asyncDispose]());

const read = () => openAiAnswer(JSON.stringify(aReading));
const sum = (counts: Map<string, number>) =>
  [...counts.values()].reduce((all, one) => all + one, 0);
const list = (counts: Map<string, number>) =>
  [...counts].sort(([, a], [, b]) => b - a).map(([name, count]) => `${name} ${count}`).join(", ");

/** A line of how it goes, every ten seconds. */
function report(startedAt: number): Disposable {
  const timer = setInterval(async () => {
    const { ended, open } = await countJobs(stack);
    const memory = await readMemory(stack.pid);
    console.log(
      `${Math.round((performance.now() - startedAt) / 1000)} s: ${
        sum(ledger.operations)
      } operations, ` +
        `${sum(ledger.disturbances)} disturbances, ${ended} jobs ended, ${open} open, ` +
        `${sum(ledger.errors)} errors, ${ledger.unexpected.length} unexpected, ` +
        `${memory.own} MB of ${memory.all}`,
    );
  }, 10_000);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

/** Everybody works while things break, until the time is over. */
async function runLoad(actors: Actor[]): Promise<void> {
  await using workers = startWorkers(stack, leaseSeconds);
  using _ = report(performance.now());
  stack.provider.answer = flakyAnswer(random, embed);
  stack.vision.answer = flakyAnswer(random, read);
  const over = AbortSignal.timeout(minutes * 60_000);
  await Promise.all([
    ...actors.map((actor) => work(actor, over)),
    disturb({ stack, workers, ledger, random, leaseSeconds }, over),
    auditUnderLoad(stack, ledger, over),
  ]);
  stack.provider.answer = embed;
  stack.vision.answer = read;
  await until("every job to end", async () => {
    await hurry(stack);
    return (await countJobs(stack)).open === 0;
  }, { seconds: 180 });
  await sweep(stack);
  await recount(stack);
}

test(`leaves nothing that does not agree after ${minutes} minutes`, async () => {
  console.log(`seed ${seed}`);
  const actors: Actor[] = [];
  for (let at = 0; at < actorCount; at++) {
    actors.push(await createActor(stack, ledger, randomNumbers(seed + at)));
  }
  const before = await readMemory(stack.pid);
  const startedAt = performance.now();
  await runLoad(actors);
  const after = await readMemory(stack.pid);
  const { ended } = await countJobs(stack);

  console.log(`
${Math.round((performance.now() - startedAt) / 1000)} s, seed ${seed}
${sum(ledger.operations)} operations: ${list(ledger.operations)}
${sum(ledger.disturbances)} disturbances: ${list(ledger.disturbances)}
${ended} jobs ended
errors: ${list(ledger.errors)}
memory of the stack's process ${before.own} MB, then ${after.own} MB; with its functions ${before.all} MB, then ${after.all} MB
`);
  await expectDocuments(stack, actors);
  await expectNoDifferences(stack);
  expect(ledger.unexpected).toEqual([]);
}, (minutes + 15) * 60_000);
