import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { embed } from "../support/embedding-server.ts";
import type { OwnStack } from "../support/own-stack.ts";
import { train, waitForJob } from "../support/training.ts";
import { until } from "../support/until.ts";
import { addDocument, createUser, type User } from "../support/user.ts";
import {
  contentsOf,
  endPauses,
  longText,
  signalWorker,
  startWorkerStack,
  storedContents,
} from "./support/worker-stack.ts";

vi.setConfig({ testTimeout: 60_000 });

let own: OwnStack;
let user: User;

beforeAll(async () => {
  own = await startWorkerStack(6);
  user = await createUser(own.address);
});
afterAll(() => own[Symbol.asyncDispose]());
afterEach(() => {
  own.provider.answer = embed;
});

const kept = () => own.stack.database.query("select from private.interrupted_vectors");

/** Never answers whoever is to get the signal meanwhile. */
async function signal(name: Deno.Signal): Promise<Response> {
  await signalWorker(own, name);
  return new Promise(() => {});
}

const refuse = (status: number) =>
  Promise.resolve(new Response("{}", { status, headers: { "retry-after": "1" } }));

/** Whether the first attempt of the only job is over, or the job with a later one. */
async function isInterrupted(): Promise<boolean> {
  const [job] = await own.stack.database.query<
    { attempt: number; is_held: boolean; was_held: boolean }
  >(
    `select attempt, lease_token is not null as is_held, first_claimed_at is not null as was_held
     from private.jobs where kind = 'train_document'`,
  );
  return job === undefined || job.attempt > 1 || (job.was_held && !job.is_held);
}

describe("a training that is interrupted", () => {
  test.each<[string, { once: boolean; interrupt: () => Promise<Response> }]>([
    ["by the death of its worker", { once: true, interrupt: () => signal("SIGKILL") }],
    ["by the end of its worker", { once: true, interrupt: () => signal("SIGTERM") }],
    ["by the provider's limit", { once: false, interrupt: () => refuse(429) }],
    ["by the provider's failure", { once: false, interrupt: () => refuse(500) }],
  ])("%s embeds no passage again", async (_, { once, interrupt }) => {
    const documentId = await addDocument(user, longText);
    const embedded: string[] = [];
    let isOver = false;
    own.provider.answer = (call) => {
      if (embedded.length > 0 && !isOver) {
        isOver = once;
        return interrupt();
      }
      embedded.push(...call.texts);
      return embed(call);
    };

    const job = await train(user, documentId);
    await until("the attempt to end", isInterrupted);
    isOver = true;
    await endPauses(own);
    await waitForJob(user, job.id, "completed");

    expect(new Set(embedded).size).toBe(contentsOf(longText).length);
    expect(embedded).toHaveLength(contentsOf(longText).length);
    expect(await storedContents(own, documentId)).toEqual(contentsOf(longText));
    expect(await kept()).toEqual([]);
  });

  test("leaves no vectors behind when its document is deleted", async () => {
    const documentId = await addDocument(user, longText);
    let calls = 0;
    own.provider.answer = (call) => calls++ === 0 ? embed(call) : refuse(500);
    await train(user, documentId);
    await until("vectors are kept", async () => (await kept()).length > 0);

    const { error } = await user.client.from("vault_documents").delete().eq("id", documentId);

    expect(error).toBe(null);
    await until("they are gone", async () => (await kept()).length === 0);
  });
});
