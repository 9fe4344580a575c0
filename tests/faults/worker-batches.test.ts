import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { embed } from "../support/embedding-server.ts";
import type { OwnStack } from "../support/own-stack.ts";
import { getJob, train, type TrainingJob, waitForJob } from "../support/training.ts";
import { until } from "../support/until.ts";
import { addDocument, createUser, type User } from "../support/user.ts";
import { signalWorker, startWorkerStack, storedContents } from "./support/worker-stack.ts";

vi.setConfig({ testTimeout: 60_000 });

let own: OwnStack;
let user: User;

beforeAll(async () => {
  // Longer than a worker that has just begun may be busy with itself.
  own = await startWorkerStack(6);
  user = await createUser(own.address);
});
afterAll(() => own[Symbol.asyncDispose]());
afterEach(() => {
  own.provider.answer = embed;
});

/** Queues a training of a document for each text, in this order. */
async function trainAll(texts: string[]): Promise<{ documentId: string; job: TrainingJob }[]> {
  const documentIds = await Promise.all(texts.map((text) => addDocument(user, text)));
  const queued = [];
  for (const documentId of documentIds) {
    queued.push({ documentId, job: await train(user, documentId) });
  }
  return queued;
}

describe("a worker that is killed in the middle of a batch", () => {
  test("leaves done what is done, and all else to the next", async () => {
    const held = Promise.withResolvers<void>();
    own.provider.answer = async (call) => {
      if (call.texts.some((text) => text.includes("Slow"))) await held.promise;
      return embed(call);
    };
    const [first, second, ...slow] = await trainAll(
      ["Quick 1.", "Quick 2.", "Slow 1.", "Slow 2.", "Slow 3."],
    );
    const quick = [first!, second!];
    await Promise.all(quick.map(({ job }) => waitForJob(user, job.id, "completed")));
    await until("the others to be held", async () => {
      const jobs = await Promise.all(slow.map(({ job }) => getJob(user, job.id)));
      return jobs.every(({ status }) => status === "processing");
    });

    await signalWorker(own, "SIGKILL");
    held.resolve();
    const done = await Promise.all(slow.map(({ job }) => waitForJob(user, job.id, "completed")));

    expect(done.map(({ attempts }) => attempts)).toEqual([2, 2, 2]);
    for (const { job } of quick) expect((await getJob(user, job.id)).attempts).toBe(1);
    const contents = await Promise.all(
      [...quick, ...slow].map(({ documentId }) => storedContents(own, documentId)),
    );
    expect(contents.flat()).toEqual(["Quick 1.", "Quick 2.", "Slow 1.", "Slow 2.", "Slow 3."]);
  });
});
