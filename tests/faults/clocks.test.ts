import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { embed } from "../support/embedding-server.ts";
import { type OwnStack, startOwnStack } from "../support/own-stack.ts";
import { type ScriptProcess, startScript } from "../support/run-script.ts";
import { train, waitForJob } from "../support/training.ts";
import { until } from "../support/until.ts";
import { addDocument, createUser, type User } from "../support/user.ts";
import { endPauses, storedContents } from "./support/worker-stack.ts";

vi.setConfig({ testTimeout: 60_000 });

const leaseSeconds = 2;
const shifts = [600, -600];
let own: OwnStack;
let user: User;
let workers: ScriptProcess[];

beforeAll(async () => {
  own = await startOwnStack({ cron: false });
  user = await createUser(own.address);
  workers = shifts.map((seconds) =>
    startScript("worker", ["--concurrency", "2"], {
      stack: own.address,
      preload: "tests/faults/support/shifted-clock.ts",
      env: {
        CLOCK_SHIFT_SECONDS: `${seconds}`,
        EMBEDDING_BASE_URL: own.provider.url,
        EMBEDDING_MODEL: "scripted",
        JOB_LEASE_SECONDS: `${leaseSeconds}`,
      },
    })
  );
  await until("both workers to register", async () => {
    return (await own.stack.database.query("select from private.workers")).length === 2;
  });
});
afterAll(async () => {
  for (const worker of workers ?? []) await worker[Symbol.asyncDispose]();
  await own?.[Symbol.asyncDispose]();
});
afterEach(() => {
  own.provider.answer = embed;
});

/** Whether the times of a job are the database's own, which are right. */
const timesOf = (key: string) =>
  own.stack.database.query<{ is_sane: boolean }>(
    `select created_at <= first_claimed_at and first_claimed_at <= finished_at
       and finished_at between now() - interval '1 minute' and now() as is_sane
     from private.job_history where dedupe_key = $1`,
    [key],
  );

describe("two workers whose clocks are ten minutes off, one each way", () => {
  test("keep what they hold for longer than a lease, and take nothing from each other", async () => {
    own.provider.answer = async (call) => {
      await new Promise((resolve) => setTimeout(resolve, 2 * leaseSeconds * 1000));
      return embed(call);
    };
    const texts = ["One.", "Two.", "Three.", "Four."];
    const documentIds = await Promise.all(texts.map((text) => addDocument(user, text)));
    const queued = await Promise.all(documentIds.map((id) => train(user, id)));

    const done = await Promise.all(queued.map(({ id }) => waitForJob(user, id, "completed")));

    expect(done.map(({ attempts }) => attempts)).toEqual([1, 1, 1, 1]);
    expect(own.provider.calls).toHaveLength(4);
    for (const [index, id] of documentIds.entries()) {
      expect(await storedContents(own, id)).toEqual([texts[index]]);
      expect(await timesOf(id)).toEqual([{ is_sane: true }]);
    }
  });

  test("wait between attempts as long as the database says", async () => {
    own.provider.answer = () => new Response(null, { status: 500 });
    const documentId = await addDocument(user, "One passage.");
    const { id } = await train(user, documentId);

    const [waiting] = await until("a failed attempt", async () => {
      const jobs = await own.stack.database.query<{ seconds: number }>(
        `select extract(epoch from visible_at - clock_timestamp())::float as seconds
         from private.jobs where last_error is not null and lease_token is null`,
      );
      return jobs.length > 0 && jobs;
    });
    own.provider.answer = embed;
    await endPauses(own);
    await waitForJob(user, id, "completed");

    expect(waiting!.seconds).toBeGreaterThan(0);
    expect(waiting!.seconds).toBeLessThanOrEqual(2);
  });

  test("ask a provider again when it says, by its own clock", async () => {
    const inAMinute = () => new Date(Date.now() + 60_000).toUTCString();
    own.provider.answer = () =>
      new Response(null, {
        status: 429,
        headers: { "retry-after": inAMinute() },
      });
    const { id } = await train(user, await addDocument(user, "One passage."));

    const [lane] = await until("a paused lane", async () => {
      const lanes = await own.stack.database.query<{ seconds: number }>(
        `select extract(epoch from paused_until - clock_timestamp())::float as seconds
         from private.lanes where paused_until > clock_timestamp()`,
      );
      return lanes.length > 0 && lanes;
    });
    own.provider.answer = embed;
    await own.stack.database.query("select private.pause_lane('embedding', null)");
    await waitForJob(user, id, "completed");

    expect(lane!.seconds).toBeGreaterThan(50);
    // The server's own header tells a time that may be some seconds old.
    expect(lane!.seconds).toBeLessThan(70);
  });
});
