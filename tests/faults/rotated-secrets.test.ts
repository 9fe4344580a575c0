import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { embed } from "../support/embedding-server.ts";
import type { OwnStack } from "../support/own-stack.ts";
import { startScript } from "../support/run-script.ts";
import { getJob, train, waitForJob } from "../support/training.ts";
import { until } from "../support/until.ts";
import { addDocument, createUser, type User } from "../support/user.ts";
import { holdCall, startWorkerStack } from "./support/worker-stack.ts";

vi.setConfig({ testTimeout: 60_000 });

let own: OwnStack;
let user: User;

beforeAll(async () => {
  own = await startWorkerStack(45);
  user = await createUser(own.address);
});
afterAll(() => own[Symbol.asyncDispose]());
afterEach(async () => {
  own.provider.answer = embed;
  await setCronKey(own.address.cronKey);
});

async function setCronKey(key: string): Promise<void> {
  await own.stack.database.query(
    "update vault.secrets set secret = $1 where name = 'cron_secret_key'",
    [key],
  );
}

async function untilNoWorker(): Promise<void> {
  await until("every worker to end", async () => {
    return (await own.stack.database.query("select from private.workers")).length === 0;
  });
}

/** What the calls of the database were answered, newest first. */
const answers = () =>
  own.stack.database.query<{ status_code: number }>(
    "select status_code from net._http_response order by id desc",
  );

describe("a key of the worker that is changed on one side only", () => {
  test("disturbs no worker that has begun", async () => {
    const gate = holdCall(own, 0);
    const { id } = await train(user, await addDocument(user, "One passage."));
    await gate.reached;

    await setCronKey("sb_secret_new");
    gate.open();

    expect(await waitForJob(user, id, "completed")).toMatchObject({ attempts: 1 });
  });

  test("lets jobs wait with all their attempts, until both sides have it", async () => {
    await untilNoWorker();
    await setCronKey("sb_secret_new");
    const { id } = await train(user, await addDocument(user, "One passage."));
    await until("a refused call", async () => (await answers())[0]?.status_code === 401);
    const waiting = await getJob(user, id);

    await setCronKey(own.address.cronKey);

    expect(waiting).toMatchObject({ status: "queued", attempts: 0 });
    expect(await waitForJob(user, id, "completed")).toMatchObject({ attempts: 1 });
  });
});

describe("a key of a provider that is refused while jobs run", () => {
  test("pauses the lane, and every job goes on with its attempt when there is a new one", async () => {
    let isRefused = false;
    own.provider.answer = async (call) => {
      await new Promise((resolve) => setTimeout(resolve, 100));
      return isRefused ? new Response(null, { status: 401 }) : embed(call);
    };
    const documentIds = await Promise.all(
      Array.from({ length: 8 }, (_, index) => addDocument(user, `Passage ${index}.`)),
    );
    const queued = await Promise.all(documentIds.map((id) => train(user, id)));
    await waitForJob(user, queued[0]!.id, "completed");

    isRefused = true;
    const [lane] = await until("the pause", async () => {
      const lanes = await own.stack.database.query<{ pause_reason: string }>(
        "select pause_reason from private.lanes where paused_until > now()",
      );
      return lanes.length > 0 && lanes;
    });
    const calls = own.provider.calls.length;
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    const later = own.provider.calls.length;
    isRefused = false;
    await own.stack.database.query("select private.pause_lane('embedding', null)");
    const done = await Promise.all(queued.map(({ id }) => waitForJob(user, id, "completed")));

    expect(lane).toEqual({ pause_reason: "PROVIDER_UNAUTHORIZED" });
    // Those that were on their way.
    expect(later - calls).toBeLessThanOrEqual(4);
    expect(done.map(({ attempts }) => attempts)).toEqual(Array(8).fill(1));
  });
});

describe("npm run worker with a secret key that was deleted", () => {
  test("takes no job, and says so", async () => {
    await untilNoWorker();
    await using worker = startScript("worker", [], {
      stack: { ...own.address, secretKey: "sb_secret_deleted" },
      env: { EMBEDDING_BASE_URL: own.provider.url, EMBEDDING_MODEL: "scripted" },
    });
    const { id } = await train(user, await addDocument(user, "One passage."));
    await waitForJob(user, id, "completed");
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    worker.kill("SIGTERM");

    expect((await worker.ended).stderr).toContain("worker_failed");
    expect(await getJob(user, id)).toMatchObject({ attempts: 1 });
  });
});
