import { createClient } from "@supabase/supabase-js";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Database } from "../../../shared/database.types.ts";
import type { Handlers } from "../../../shared/jobs/handler.ts";
import { runWorker, type WorkerReport } from "../../../shared/jobs/run-worker.ts";
import { until } from "../../support/until.ts";

/** What the worker and its only job do, in order. */
let events: string[];
let server: Deno.HttpServer<Deno.NetAddr>;

const job = {
  job_id: "1",
  lease_token: crypto.randomUUID(),
  org_id: crypto.randomUUID(),
  lane: "pass2",
  attempt: 1,
  kind: "sweep_storage",
  payload: {},
};

beforeEach(() => {
  events = [];
  let claims = 0;
  server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => undefined },
    async (request) => {
      if (request.url.endsWith("/drain_workers")) events.push("claims no more");
      if (!request.url.endsWith("/claim_jobs")) return Response.json(0);
      const { p_moves = [] } = await request.json();
      events.push(`claims, moving ${p_moves.length}`);
      return Response.json(claims++ === 0 ? [job] : []);
    },
  );
});
afterEach(() => server.shutdown());

/** A worker that does what is due, with one thing to do for its job. */
function run(
  work: Handlers["sweep_storage"],
  options: Partial<Parameters<typeof runWorker>[0]> = {},
): Promise<WorkerReport> {
  const unknown = () => Promise.reject(new Error("there is no such job"));
  return runWorker({
    client: createClient<Database>(`http://127.0.0.1:${server.addr.port}`, "key"),
    handlers: {
      train_document: unknown,
      reembed_document: unknown,
      enrich_pointer: unknown,
      build_training_file: unknown,
      rebuild_training_file: unknown,
      sweep_storage: work,
    },
    timeBudgetMs: 20_000,
    stopping: new AbortController().signal,
    ...options,
  });
}

describe("a worker whose job leaves its lane", () => {
  test("claims at once, moving it, and then lets it go on", async () => {
    const report = await run(async (_, lease) => {
      await lease.leave("embedding", 5);
      events.push("goes on");
      return "done";
    });

    expect(events.slice(0, 3)).toEqual(["claims, moving 0", "claims, moving 1", "goes on"]);
    expect(report).toMatchObject({ claimed: 1, completed: 1 });
  });

  test("lets it go on when it may claim no more", async () => {
    const report = await run(async (_, lease) => {
      await lease.leave("embedding", 5);
      return "done";
    }, { maxJobs: 1 });

    expect(events).toEqual(["claims, moving 0", "claims no more"]);
    expect(report).toMatchObject({ claimed: 1, completed: 1 });
  });

  test("lets it go on when it is told to stop meanwhile", async () => {
    const stopping = new AbortController();
    const report = await run(async (_, lease) => {
      stopping.abort(new Error("the worker stops"));
      await lease.leave("embedding", 5);
      return "done";
    }, { stopping: stopping.signal });

    expect(report).toMatchObject({ claimed: 1, completed: 1 });
  });
});

describe("a worker that may claim no more", () => {
  test.each([
    ["with places left", 4],
    ["with none left", 1],
  ])("says so while its job goes on, that another is called: %s", async (_, concurrency) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const report = run(async () => {
      await promise;
      events.push("ends its job");
      return "done";
    }, { timeBudgetMs: 500, concurrency });
    await until("the worker to say so", () => events.includes("claims no more"));
    resolve();

    expect(await report).toMatchObject({ claimed: 1, completed: 1 });
    expect(events.slice(-2)).toEqual(["claims no more", "ends its job"]);
  });

  test("says nothing when it has nothing left to do", async () => {
    await run(() => Promise.resolve("done"));

    expect(events).not.toContain("claims no more");
  });
});
