import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { callWorker } from "../support/call-worker.ts";
import { type OwnStack, startOwnStack } from "../support/own-stack.ts";
import { getJob, train } from "../support/training.ts";
import { addDocument, adminOf, createUser, type User } from "../support/user.ts";
import { storedContents } from "./support/worker-stack.ts";

let own: OwnStack;
let user: User;

beforeAll(async () => {
  own = await startOwnStack({ cron: false });
  user = await createUser(own.address);
});
afterAll(() => own[Symbol.asyncDispose]());

/** What a worker of this release did with all that is due. */
async function work(): Promise<Record<string, unknown>> {
  return (await callWorker(own.address)).body;
}

/** Queues a training whose payload is of another release. */
async function trainAs(payload: string): Promise<{ documentId: string; id: string }> {
  const documentId = await addDocument(user, "One passage.");
  const { id } = await train(user, documentId);
  await own.stack.database.query(
    `update private.jobs set payload = ${payload} where dedupe_key = $1`,
    [documentId],
  );
  return { documentId, id };
}

describe("a job of a newer release", () => {
  test("of a kind that this worker does not know is left for one that does", async () => {
    await adminOf(own.address).rpc("enqueue_jobs", {
      p_jobs: [{ org_id: user.orgId, lane: "embedding", kind: "of_tomorrow", dedupe_key: "a" }],
    }).throwOnError();
    const { documentId } = await trainAs("payload");

    const report = await work();
    const [left] = await own.stack.database.query(
      "select attempt, last_error, is_ready from private.jobs where kind = 'of_tomorrow'",
    );

    expect(report).toMatchObject({ claimed: 1, completed: 1 });
    expect(left).toEqual({ attempt: 0, last_error: null, is_ready: true });
    expect(await storedContents(own, documentId)).toEqual(["One passage."]);
  });

  test("with more in its payload is done all the same", async () => {
    const { documentId, id } = await trainAs(`payload || '{"version": 2, "style": {"a": [1]}}'`);

    await work();

    expect(await getJob(user, id)).toMatchObject({ status: "completed", attempts: 1 });
    expect(await storedContents(own, documentId)).toEqual(["One passage."]);
  });
});

describe("a job whose payload this worker cannot read", () => {
  test("is dead at once, stops nothing else, and is done when it is redriven by one that can", async () => {
    const { documentId, id } = await trainAs("payload - 'vault_document_id'");
    const other = await trainAs("payload");

    const report = await work();
    const failed = await getJob(user, id);
    // As a release that knows the older form reads it.
    await own.stack.database.query(
      `update private.job_history
       set payload = payload || jsonb_build_object('vault_document_id', dedupe_key)
       where dedupe_key = $1`,
      [documentId],
    );
    const { data: retried } = await adminOf(own.address)
      .rpc("retry_dead_jobs", { p_filter: { code: "JOB_UNKNOWN" } }).throwOnError();
    await work();

    expect(report).toMatchObject({ failed: 1, completed: 1 });
    expect(failed).toMatchObject({ status: "failed", attempts: 1 });
    expect(await storedContents(own, other.documentId)).toEqual(["One passage."]);
    expect(retried).toBe(1);
    expect(await getJob(user, id)).toMatchObject({ status: "completed", attempts: 1 });
    expect(await storedContents(own, documentId)).toEqual(["One passage."]);
  });
});
