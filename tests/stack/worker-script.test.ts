import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { holdCall } from "../faults/support/worker-stack.ts";
import { embed } from "../support/embedding-server.ts";
import { type OwnStack, startOwnStack } from "../support/own-stack.ts";
import { type ScriptProcess, startScript } from "../support/run-script.ts";
import { train, waitForJob } from "../support/training.ts";
import { until } from "../support/until.ts";
import { addDocument, adminOf, createUser, type User } from "../support/user.ts";

vi.setConfig({ testTimeout: 60_000 });

let own: OwnStack;
let user: User;

beforeAll(async () => {
  // Nobody else is woken: what is done, the worker under test has done.
  own = await startOwnStack({ cron: false });
  user = await createUser(own.address);
});
afterAll(() => own[Symbol.asyncDispose]());
afterEach(() => {
  own.provider.answer = embed;
});

function startWorker(url = own.address.url, args: string[] = []): ScriptProcess {
  return startScript("worker", args, {
    stack: { url, secretKey: own.address.secretKey },
    env: {
      EMBEDDING_BASE_URL: own.provider.url,
      EMBEDDING_MODEL: "scripted",
      JOB_LEASE_SECONDS: "3",
    },
  });
}

const report = (stdout: string) => JSON.parse(stdout.trimEnd().split("\n").at(-1)!);
const jobs = () =>
  own.stack.database.query("select attempt::integer, lease_token from private.jobs");
const workers = () => own.stack.database.query<{ id: string }>("select id from private.workers");

describe("npm run worker", () => {
  test("does jobs as they come, and says what it has done when it is stopped", async () => {
    await using worker = startWorker();
    for (const text of ["First passage.", "Second passage."]) {
      const job = await train(user, await addDocument(user, text));
      await waitForJob(user, job.id, "completed");
    }

    worker.kill("SIGTERM");
    const { code, stdout } = await worker.ended;

    expect(code).toBe(0);
    expect(report(stdout)).toMatchObject({ event: "worker_ended", claimed: 2, completed: 2 });
    expect(await workers()).toEqual([]);
  });

  test.each(["SIGTERM", "SIGINT"] as const)(
    "gives back what it holds on %s, at once and with the attempt",
    async (signal) => {
      const gate = holdCall(own, 0);
      await using worker = startWorker();
      const job = await train(user, await addDocument(user, "One passage."));
      await gate.reached;

      const sentAt = performance.now();
      worker.kill(signal);
      const { code, stdout } = await worker.ended;

      expect(performance.now() - sentAt).toBeLessThan(3_000);
      expect(code).toBe(0);
      expect(report(stdout)).toMatchObject({ claimed: 1, completed: 0, released: 1 });
      expect(await jobs()).toEqual([{ attempt: 0, lease_token: null }]);
      gate.open();
      await using next = startWorker();
      expect(await waitForJob(user, job.id, "completed")).toMatchObject({ attempts: 1 });
      next.kill("SIGTERM");
      await next.ended;
    },
  );

  test("finishes what it holds when it is drained, then ends", async () => {
    const gate = holdCall(own, 0);
    await using worker = startWorker();
    const job = await train(user, await addDocument(user, "One passage."));
    await gate.reached;
    await adminOf(own.address).rpc("drain_workers");
    const waiting = await train(user, await addDocument(user, "Another passage."));

    gate.open();
    const { code, stdout } = await worker.ended;

    expect(code).toBe(0);
    expect(report(stdout)).toMatchObject({ claimed: 1, completed: 1, remaining: 1 });
    await waitForJob(user, job.id, "completed");
    await waitForJob(user, waiting.id, "queued");
    await own.stack.database.query("delete from private.jobs");
  });

  test("waits for a project that goes away, and works when it is back", async () => {
    let isAway = false;
    await using gateway = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => undefined },
      async (request) => {
        if (isAway) return new Response("no", { status: 503 });
        const { pathname, search } = new URL(request.url);
        return await fetch(new Request(own.address.url + pathname + search, request));
      },
    );
    await using worker = startWorker(`http://127.0.0.1:${gateway.addr.port}`);
    await until("the worker to register", async () => (await workers())[0]);

    isAway = true;
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    isAway = false;
    const job = await train(user, await addDocument(user, "One passage."));
    await waitForJob(user, job.id, "completed");
    isAway = true;
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    worker.kill("SIGTERM");
    const sentAt = performance.now();
    const { code, stderr } = await worker.ended;

    expect(stderr).toContain("worker_failed");
    expect(code).toBe(0);
    expect(performance.now() - sentAt).toBeLessThan(3_000);
  });

  test.each([[["--concurrency", "0"]], [["--nonsense"]], [["extra"]]])(
    "refuses %j with status 2 and its usage",
    async (args) => {
      await using worker = startWorker(own.address.url, args);

      const { code, stdout, stderr } = await worker.ended;

      expect(code).toBe(2);
      expect(stderr).toContain("Usage: npm run worker");
      expect(stderr).not.toContain("    at ");
      expect(stdout).toBe("");
    },
  );
});
