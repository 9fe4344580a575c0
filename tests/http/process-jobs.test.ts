import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type OwnStack, startOwnStack } from "../support/own-stack.ts";
import { credentialsOf } from "../support/credentials-of.ts";
import { until } from "../support/until.ts";
import { getJob, train, waitForJob } from "../support/training.ts";
import { addDocument, callFunction, createUser, type User } from "../support/user.ts";
import { expectError } from "./support/expect-error.ts";

const text = "# Leave\n\nEverybody has thirty days of holiday.\n";
let own: OwnStack;
let user: User;

beforeAll(async () => {
  own = await startOwnStack({ cron: false });
  user = await createUser(own.address);
});
afterAll(() => own[Symbol.asyncDispose]());

beforeEach(async () => {
  const { database } = own.stack;
  await database.query("delete from private.jobs");
  // A worker that nobody waits for may still be looking for jobs.
  const workers = () => database.query("select from private.workers");
  await until("workers to end", async () => (await workers()).length === 0);
});

function call(body: unknown, headers: Record<string, string> = { apikey: own.address.cronKey }) {
  return callFunction("process-jobs", { stack: own.address, body, headers });
}

async function queue(count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let index = 0; index < count; index++) {
    ids.push((await train(user, await addDocument(user, text))).id);
  }
  return ids;
}

async function countClaims(): Promise<number> {
  const [row] = await own.stack.database.query<{ count: number }>(
    "select count(*)::integer as count from private.jobs where attempt > 0",
  );
  return row!.count;
}

describe("POST /process-jobs", () => {
  test("answers with the counts when the caller waits", async () => {
    const ids = await queue(3);

    const { status, body } = await call({ wait: true });

    expect(status).toBe(200);
    expect(body).toEqual({
      claimed: 3,
      completed: 3,
      retried: 0,
      failed: 0,
      released: 0,
      remaining: 0,
      duration_ms: expect.any(Number),
    });
    for (const id of ids) expect((await getJob(user, id)).status).toBe("completed");
  });

  test("answers at once when the caller does not wait, and works on", async () => {
    const [id] = await queue(1);
    const gate = Promise.withResolvers<void>();
    const { answer } = own.provider;
    own.provider.answer = async (embedding) => {
      await gate.promise;
      return answer(embedding);
    };

    const { status, body } = await call({});
    const { status: before } = await getJob(user, id!);
    gate.resolve();

    expect(status).toBe(202);
    expect(body).toEqual({ accepted: true });
    expect(before).not.toBe("completed");
    await waitForJob(user, id!, "completed");
    own.provider.answer = answer;
  });

  test("counts a document that cannot be trained as failed, and goes on", async () => {
    const binary = await train(user, await addDocument(user, new Uint8Array([0, 1, 2])));
    const [good] = await queue(1);

    const { body } = await call({ wait: true });

    expect(body).toMatchObject({ claimed: 2, completed: 1, failed: 1, retried: 0 });
    expect((await getJob(user, binary.id)).status).toBe("failed");
    expect((await getJob(user, good!)).status).toBe("completed");
  });

  test("stops after max_jobs and says what remains", async () => {
    await queue(3);

    const { body } = await call({ wait: true, max_jobs: 2 });

    expect(body).toMatchObject({ claimed: 2, completed: 2, remaining: 1 });
  });

  test("takes only the kinds that it is asked for", async () => {
    await queue(1);

    const other = await call({ wait: true, kinds: ["enrich_pointer"] });
    const none = await countClaims();
    const right = await call({ wait: true, kinds: ["train_document", "enrich_pointer"] });

    expect(other.body).toMatchObject({ claimed: 0, remaining: 1 });
    expect(none).toBe(0);
    expect(right.body).toMatchObject({ claimed: 1, completed: 1 });
  });

  test("does each job once when it is called many times at once", async () => {
    const ids = await queue(6);
    own.provider.calls.length = 0;

    const answers = await Promise.all(Array.from({ length: 5 }, () => call({ wait: true })));

    const completed = answers.map(({ body }) => body.completed as number);
    expect(completed.reduce((sum, each) => sum + each)).toBe(6);
    expect(own.provider.calls).toHaveLength(6);
    for (const id of ids) expect((await getJob(user, id)).attempts).toBe(1);
  });

  test("does nothing when nothing is due", async () => {
    const { body } = await call({ wait: true });

    expect(body).toMatchObject({ claimed: 0, remaining: 0 });
    const workers = await own.stack.database.query("select from private.workers");
    expect(workers).toEqual([]);
  });

  test.each([
    ["the publishable key", () => ({ apikey: own.address.publishableKey }), "INVALID_API_KEY"],
    ["the default secret key", () => ({ apikey: own.address.secretKey }), "INVALID_API_KEY"],
    [
      "a key that is nearly right",
      () => ({ apikey: `${own.address.cronKey}0` }),
      "INVALID_API_KEY",
    ],
    [
      "a user's token",
      () => credentialsOf(user),
      "INVALID_API_KEY",
    ],
    [
      "a user's token alone",
      () => ({ authorization: `Bearer ${user.accessToken}` }),
      "INVALID_CREDENTIALS",
    ],
    [
      "the cron key as a token",
      () => ({ authorization: `Bearer ${own.address.cronKey}` }),
      "UNUSABLE_CREDENTIAL",
    ],
    ["nothing", () => ({}), "MISSING_CREDENTIALS"],
  ])("refuses %s and claims nothing", async (_, headers, code) => {
    await queue(1);

    const answer = await call({ wait: true }, headers());

    expectError(answer, 401, code);
    expect(await countClaims()).toBe(0);
  });

  test.each([
    ["max_jobs", 0],
    ["max_jobs", 1.5],
    ["max_jobs", "1"],
    ["max_jobs", 10_001],
    ["time_budget_ms", 99],
    ["time_budget_ms", 400_001],
    ["kinds", []],
    ["kinds", "train_document"],
    ["kinds", [null]],
    ["wait", "yes"],
    ["wait", 1],
    ["worker_id", "x"],
  ])("refuses %s %j and claims nothing", async (name, value) => {
    await queue(1);

    const answer = await call({ [name]: value });

    expectError(answer, 400, "INVALID_REQUEST");
    expect(JSON.stringify(answer.body.details)).toContain(name);
    expect(await countClaims()).toBe(0);
  });
});

describe("a worker's environment", () => {
  test("tells the lanes what they may hold, and an operator is not overruled", async () => {
    const env = { EMBEDDING_MAX_CONCURRENT: "4", PASS2_MAX_CONCURRENT: "2" };
    await using other = await startOwnStack({ cron: false, env });
    const { database } = other.stack;
    const wake = () =>
      callFunction("process-jobs", {
        stack: other.address,
        body: { wait: true },
        headers: { apikey: other.address.cronKey },
      });
    const limits = () =>
      database.query(
        `select lane, max_in_flight::integer as most from private.lanes
         where lane in ('embedding', 'pass2') order by lane`,
      );

    await wake();
    const told = await limits();
    await database.query(`select private.update_lane('embedding', '{"max_in_flight": 1}')`);
    await wake();

    expect(told).toEqual([{ lane: "embedding", most: 4 }, { lane: "pass2", most: 2 }]);
    expect((await limits())[0]).toEqual({ lane: "embedding", most: 1 });
  });
});
