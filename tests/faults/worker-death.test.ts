import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { runWorker } from "../../shared/jobs/run-worker.ts";
import { createHandlers } from "../../shared/jobs/create-handlers.ts";
import { createEmbedders } from "../../shared/providers/embedders.ts";
import { embed } from "../support/embedding-server.ts";
import type { OwnStack } from "../support/own-stack.ts";
import { getJob, train, waitForJob } from "../support/training.ts";
import { until } from "../support/until.ts";
import { addDocument, adminOf, callFunction, createUser, type User } from "../support/user.ts";
import {
  contentsOf,
  holdCall,
  limitAttempts,
  longText,
  signalWorker,
  startWorkerStack,
  storedContents,
  visibleContents,
} from "./support/worker-stack.ts";

vi.setConfig({ testTimeout: 60_000 });

const slice = 48;
let own: OwnStack;
let user: User;

beforeAll(async () => {
  own = await startWorkerStack(4);
  user = await createUser(own.address);
});
afterAll(() => own[Symbol.asyncDispose]());
afterEach(() => {
  own.provider.answer = embed;
});

async function heldJobs(): Promise<{ attempt: number; lease_token: string | null }[]> {
  return await own.stack.database.query(
    "select attempt, lease_token from private.jobs where kind = 'train_document'",
  );
}

/** What the provider has counted of a document, one token a text. */
const bookedTokens = (documentId: string) =>
  own.stack.database.query(
    `select input_tokens::integer as tokens, is_wasted from public.usage_events
     where subject_id = $1 order by id`,
    [documentId],
  );

describe("a worker that is killed", () => {
  test("between two slices leaves a job that completes after its lease, chunks once", async () => {
    const documentId = await addDocument(user, longText);
    const gate = holdCall(own, 1);
    const job = await train(user, documentId);
    await gate.reached;
    const staged = await storedContents(own, documentId);
    const seen = await visibleContents(user, documentId);

    await signalWorker(own, "SIGKILL");
    gate.open();
    const done = await waitForJob(user, job.id, "completed");

    expect(staged).toEqual(contentsOf(longText).slice(0, slice));
    expect(seen).toEqual([]);
    expect(done).toMatchObject({ attempts: 2, progress: 1, error_message: null });
    expect(await storedContents(own, documentId)).toEqual(contentsOf(longText));
    expect(await visibleContents(user, documentId)).toEqual(contentsOf(longText));
  });

  test("before its first call costs the job one attempt", async () => {
    const documentId = await addDocument(user, "One passage.");
    const gate = holdCall(own, 0);
    const job = await train(user, documentId);
    await gate.reached;

    await signalWorker(own, "SIGKILL");
    gate.open();

    expect((await waitForJob(user, job.id, "completed")).attempts).toBe(2);
    expect(await storedContents(own, documentId)).toEqual(["One passage."]);
  });

  test("while the provider's answer is on its way leaves one result", async () => {
    const documentId = await addDocument(user, "One passage.");
    const pid = await own.stack.functions.pid("process-jobs");
    own.provider.answer = (call) => {
      own.provider.answer = embed;
      queueMicrotask(() => Deno.kill(pid, "SIGKILL"));
      return embed(call);
    };

    const job = await train(user, documentId);

    expect((await waitForJob(user, job.id, "completed")).attempts).toBe(2);
    expect(await storedContents(own, documentId)).toEqual(["One passage."]);
  });

  test("on every attempt leaves a failed job that says so, and can be retried", async () => {
    const documentId = await addDocument(user, longText);
    const first = holdCall(own, 1);
    const job = await train(user, documentId);
    await first.reached;
    await limitAttempts(own, 2);
    await signalWorker(own, "SIGKILL");
    const second = holdCall(own, 1);
    await second.reached;
    await signalWorker(own, "SIGKILL");
    first.open();
    second.open();

    const failed = await waitForJob(user, job.id, "failed");
    const left = await storedContents(own, documentId);
    await callFunction(`training-library/jobs/${job.id}/retry`, { user });
    await waitForJob(user, job.id, "completed");

    expect(failed.error_message).toMatch(/worker/i);
    expect(failed.attempts).toBe(2);
    expect(left).toEqual([]);
    expect(await storedContents(own, documentId)).toEqual(contentsOf(longText));
  });
});

describe("a worker that is asked to stop", () => {
  test("gives its job back with the attempt, and another completes it", async () => {
    const documentId = await addDocument(user, longText);
    const gate = holdCall(own, 1);
    const job = await train(user, documentId);
    const call = await gate.reached;

    await signalWorker(own, "SIGTERM");
    const [released] = await until("the job to come back", async () => {
      const jobs = await heldJobs();
      return jobs[0]?.lease_token === null && jobs;
    });
    gate.open();
    const done = await waitForJob(user, job.id, "completed");

    expect(released).toEqual({ attempt: 0, lease_token: null });
    expect(call.signal.aborted).toBe(true);
    expect(done).toMatchObject({ attempts: 1, error_message: null });
    expect(await storedContents(own, documentId)).toEqual(contentsOf(longText));
    expect(await bookedTokens(documentId)).toEqual([
      { tokens: slice, is_wasted: true },
      // Its vectors are kept.
      { tokens: contentsOf(longText).length - slice, is_wasted: false },
    ]);
  });
});

describe("a worker that sleeps past its lease", () => {
  test("finds its job done by another when it wakes, and changes nothing", async () => {
    // Those that were killed have left theirs.
    await own.stack.database.query("delete from private.workers");
    const documentId = await addDocument(user, longText);
    const gate = holdCall(own, 1);
    const job = await train(user, documentId);
    await gate.reached;
    await signalWorker(own, "SIGSTOP");
    gate.open();
    await until("the lease to end", async () => {
      const rows = await own.stack.database.query(
        "select from private.jobs where visible_at < clock_timestamp()",
      );
      return rows.length > 0;
    });

    const client = adminOf(own.address);
    const embedders = createEmbedders({
      EMBEDDING_BASE_URL: own.provider.url,
      EMBEDDING_MODEL: "scripted",
    });
    const report = await runWorker({
      client,
      handlers: createHandlers(client, {
        embedders,
        getReader: () => Promise.reject(new Error("nothing is to be read here")),
      }),
      timeBudgetMs: 20_000,
      stopping: new AbortController().signal,
    });
    const before = await storedContents(own, documentId);
    await signalWorker(own, "SIGCONT");
    await until("the sleeper to end", async () => {
      const workers = await own.stack.database.query("select from private.workers");
      return workers.length === 0;
    });

    expect(report).toMatchObject({ claimed: 1, completed: 1 });
    expect(before).toEqual(contentsOf(longText));
    expect(await storedContents(own, documentId)).toEqual(before);
    expect(await getJob(user, job.id)).toMatchObject({ status: "completed", attempts: 2 });
  });
});
