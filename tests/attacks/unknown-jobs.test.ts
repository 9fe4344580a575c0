import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { callWorker } from "../support/call-worker.ts";
import { type OwnStack, startOwnStack } from "../support/own-stack.ts";
import { getJob, train } from "../support/training.ts";
import { addDocument, adminOf, createUser, type User } from "../support/user.ts";

let own: OwnStack;
let user: User;

beforeAll(async () => {
  own = await startOwnStack({ cron: false, ownDatabase: true });
  user = await createUser(own.address);
});
afterAll(() => own[Symbol.asyncDispose]());

const enqueue = (kind: string, payload: unknown) =>
  adminOf(own.address).rpc("enqueue_jobs", {
    p_jobs: [{
      org_id: user.orgId,
      lane: "embedding",
      kind,
      dedupe_key: crypto.randomUUID(),
      payload: payload as null,
      priority: 1,
    }],
  });

async function work(): Promise<void> {
  const answer = await callWorker(own.address);
  expect(answer.status, answer.text).toBe(200);
}

const id = crypto.randomUUID();

const unreadable: [string, string, unknown][] = [
  ["without what it is about", "train_document", {}],
  ["without half of it", "train_document", { vault_document_id: id }],
  ["with an array for a payload", "enrich_pointer", [id]],
  ["with a payload of the next version", "enrich_pointer", { version: 2, pointer_ids: [id] }],
  ["about a crop in words", "enrich_pointer", { pointer_id: id, png_path: 1, revision: "one" }],
];

describe("a job", () => {
  test.each(unreadable)("%s has failed for good at the first attempt", async (_, kind, payload) => {
    const { data } = await enqueue(kind, payload).throwOnError();

    await work();

    const dead = await adminOf(own.address).from("job_dead").select("code, attempt")
      .eq("dedupe_key", data![0]!.dedupe_key);
    expect(dead.data).toEqual([{ code: "JOB_UNKNOWN", attempt: 1 }]);
  });

  test.each<[string, string, unknown]>([
    ["above 64 kB", "train_document", { x: Array.from({ length: 20_000 }, Math.random) }],
    ["with words for an id", "train_document", { training_job_id: "x", vault_document_id: id }],
    ["with a number for an id", "enrich_pointer", { pointer_id: 7 }],
    ["with null for an id", "rebuild_training_file", { training_file_id: null }],
    ["with words for a number", "reembed_document", { vault_document_id: id, generation: "x" }],
  ])("%s is not taken", async (_, kind, payload) => {
    expect((await enqueue(kind, payload)).error).toMatchObject({ code: "INVALID_REQUEST" });
  });

  test("that nobody can read keeps no worker from the next", async () => {
    for (const [, kind, payload] of unreadable) await enqueue(kind, payload).throwOnError();
    const { data } = await enqueue("of_the_next_release", { x: 1 }).throwOnError();
    const { id } = await train(user, await addDocument(user, "One passage."));

    await work();

    expect((await getJob(user, id)).status).toBe("completed");
    const waiting = await own.stack.database.query(
      "select attempt::integer from private.jobs where dedupe_key = $1",
      [data![0]!.dedupe_key],
    );
    // For a worker that knows its kind.
    expect(waiting).toEqual([{ attempt: 0 }]);
  });
});
