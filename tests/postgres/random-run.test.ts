import { afterAll, beforeAll, expect, test } from "vitest";
import { contentsOf } from "../faults/support/worker-stack.ts";
import { embed, vectorOf } from "../support/embedding-server.ts";
import { randomNumbers } from "../support/random-numbers.ts";
import { download, sha256Of } from "../support/training-files.ts";
import { until } from "../support/until.ts";
import { createUser, type User } from "../support/user.ts";
import { disturbWorkers } from "./support/random-run/disturb-workers.ts";
import { expectNoDifferences } from "./support/random-run/expect-no-differences.ts";
import { flakyAnswer } from "./support/random-run/flaky-provider.ts";
import { type CrashableStack, startCrashableStack } from "./support/random-run/stack.ts";
import { countJobs, hurry, recount, sweep } from "./support/random-run/work-off.ts";
import { startWorkers, type Workers } from "./support/random-run/workers.ts";
import {
  createWorkload,
  edit,
  enrichAgain,
  train,
  type Workload,
} from "./support/random-run/workload.ts";

const number = (name: string, otherwise: number) => Number(Deno.env.get(name) ?? otherwise);
const jobCount = number("RANDOM_RUN_JOBS", 200);
const minutes = number("RANDOM_RUN_MINUTES", 5);
// Repeats the work, the provider's moods and the order of the disturbances, if not their moments.
const seed = number("RANDOM_RUN_SEED", Date.now() % 2 ** 31);
const leaseSeconds = 3;
const crashes = 2;

let stack: CrashableStack;
let user: User;
const random = randomNumbers(seed);

beforeAll(async () => {
  stack = await startCrashableStack(leaseSeconds);
  user = await createUser(stack.address);
});
afterAll(() => stack?.[Symbol.asyncDispose]());

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Changes a document that a worker has in hand, where there is one. */
async function editSomething({ documents }: Workload): Promise<void> {
  const held = await stack.query<{ id: string }>(
    `select dedupe_key as id from private.jobs
     where kind = 'train_document' and lease_token is not null`,
  );
  const chosen = held[Math.floor(random() * held.length)]?.id;
  const document = documents.find(({ id }) => id === chosen);
  if (document) await edit(user, document, random);
}

/** Lets things go wrong until all work is done. */
async function runWild(workers: Workers, work: Workload, minutes: number): Promise<void> {
  const deadline = performance.now() + minutes * 60_000;
  let crashed = 0;
  for (;;) {
    await sleep(300 + 900 * random());
    const { ended, open } = await countJobs(stack);
    if (open === 0) return;
    if (performance.now() > deadline) throw new Error(`${open} jobs are open after ${minutes} min`);
    console.log(`${ended} jobs ended, ${open} open`);
    if (crashed < crashes && ended > jobCount * (crashed + 1) / (crashes + 2)) {
      crashed++;
      await stack.cluster.crash();
      await sleep(500 * random());
      await stack.cluster.start();
    }
    await disturbWorkers(workers, leaseSeconds, random).catch(() => undefined);
    if (ended < jobCount) await editSomething(work);
    await hurry(stack);
  }
}

test(`loses nothing and does nothing twice, whatever dies (${jobCount} jobs)`, async () => {
  console.log(`RANDOM_RUN_SEED=${seed}`);
  const work = await createWorkload(user, jobCount, random);
  stack.provider.answer = flakyAnswer(random, embed);
  {
    await using workers = startWorkers(stack, leaseSeconds);
    const asked = Promise.all([
      ...work.documents.map(({ id }) => train(user, id)),
      ...work.hopeless.map((id) => train(user, id)),
      ...work.fileIds.map((_, at) => enrichAgain(user, work.conversationIds[3 * at]!)),
    ]);
    asked.catch(() => undefined);
    await until("the first job", async () => (await countJobs(stack)).open > 0);
    await runWild(workers, work, minutes);
    await asked;
    stack.provider.answer = embed;
    await runWild(workers, work, 2);
    await sweep(stack);
    await recount(stack);
  }

  await expectDocuments(work);
  await expectFiles(work);
  await expectHistory();
  await expectNoDifferences(stack);
}, (minutes + 5) * 60_000);

async function expectDocuments({ documents, hopeless }: Workload): Promise<void> {
  for (const { id, text } of documents) {
    const chunks = await stack.query<{ content: string; sent: string; vector: number[] }>(
      `select chunk.content, document.title || E'\\n\\n' || trim(chunk.content, E' \\n') as sent,
         chunk.embedding::real[] as vector
       from public.mono_training_chunks as chunk
       join public.vault_documents as document on document.id = chunk.vault_document_id
       where document.id = $1 order by chunk.generation, chunk.ordinal`,
      [id],
    );

    expect(chunks.map(({ content }) => content)).toEqual(contentsOf(text));
    for (const { sent, vector } of chunks) {
      for (const [at, component] of vectorOf(sent).entries()) {
        expect(vector[at]! / component).toBeCloseTo(1, 2);
      }
    }
  }
  const trainings = await stack.query<{ status: string; is_hopeless: boolean; count: number }>(
    `select status, vault_document_id = any ($1::uuid[]) as is_hopeless, count(*)::integer as count
     from public.mono_training_jobs group by 1, 2`,
    [hopeless],
  );
  expect(trainings.filter(({ is_hopeless }) => is_hopeless))
    .toEqual([{ status: "failed", is_hopeless: true, count: hopeless.length }]);
  expect(trainings.filter(({ is_hopeless }) => !is_hopeless).map(({ status }) => status))
    .toEqual(["completed"]);
}

async function expectFiles({ fileIds }: Workload): Promise<void> {
  const files = await stack.query<{ status: string; stale: boolean }>(
    "select status, stale from public.training_files group by 1, 2",
  );
  expect(files).toEqual([{ status: "active", stale: false }]);
  for (const fileId of fileIds) {
    for (const format of ["json", "jsonl"]) {
      const { bytes, sha256, size_bytes } = await download(user, fileId, { format });
      expect({ digest: await sha256Of(bytes), size: bytes.byteLength }).toEqual({
        digest: sha256,
        size: size_bytes,
      });
    }
  }
  const [bucket] = await stack.query(
    `select
       (select array_agg(name order by name) from storage.objects
        where bucket_id = 'training-files') as objects,
       (select array_agg(path order by path) from public.training_artifacts) as named`,
  ) as { objects: string[]; named: string[] }[];
  expect(bucket!.objects).toEqual(bucket!.named);
}

/** Every job ended once, and every one that a user sees is the end of a job. */
async function expectHistory(): Promise<void> {
  const [sums] = await stack.query(
    `select
       (select count(*)::integer from private.jobs) as open,
       (select count(*)::integer from private.job_history
        where kind = 'train_document' and outcome = 'completed') -
       (select count(*)::integer from public.mono_training_jobs where status = 'completed') as trainings,
       (select count(*)::integer from private.job_history
        where outcome = 'dead' and error ->> 'code' not like 'DOCUMENT\\_%') as dead,
       (select count(*)::integer from public.training_file_versions
        where state = 'building') as building,
       (select count(*)::integer from (
          select job_id from public.usage_events where not is_wasted
          group by job_id having count(*) > 1
        ) as twice) as paid_twice`,
  );
  expect(sums).toEqual({ open: 0, trainings: 0, dead: 0, building: 0, paid_twice: 0 });
}
