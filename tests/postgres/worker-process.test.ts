import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { type Stack, startStack } from "../../local/stack.ts";
import { type Cluster, createCluster } from "../../scripts/support/postgres-cluster.ts";
import { type EmbeddingServer, startEmbeddingServer } from "../support/embedding-server.ts";
import { type ScriptProcess, startScript } from "../support/run-script.ts";
import { train, waitForJob } from "../support/training.ts";
import { until } from "../support/until.ts";
import { addDocument, addressOf, createUser, type User } from "../support/user.ts";

// The worker gives up a call without an answer after 30 s.
vi.setConfig({ testTimeout: 90_000 });

let cluster: Cluster;
let provider: EmbeddingServer;
let stack: Stack;
let user: User;
let worker: ScriptProcess;

beforeAll(async () => {
  cluster = await createCluster();
  provider = startEmbeddingServer();
  stack = await startStack({ port: 0, data: null, cron: false, databaseUrl: cluster.url });
  await stack.database.query("update vault.secrets set secret = '' where name = 'cron_secret_key'");
  const address = addressOf(stack);
  user = await createUser(address);
  worker = startScript("worker", [], {
    stack: address,
    env: { EMBEDDING_BASE_URL: provider.url, EMBEDDING_MODEL: "scripted", JOB_LEASE_SECONDS: "3" },
  });
  await until("the worker to register", isRegistered);
});
afterAll(async () => {
  await worker?.[Symbol.asyncDispose]();
  provider?.[Symbol.dispose]();
  // Without its end: the gateway waits for answers that went with the database.
  stack?.stop().catch(() => undefined);
  await cluster?.destroy();
});

async function isRegistered(): Promise<boolean> {
  return (await stack.database.query("select from private.workers")).length > 0;
}

/** Writes so far to each table of the engine, by name. */
async function writes(): Promise<Record<string, number>> {
  const rows = await stack.database.query<{ name: string; count: number }>(
    `select relname as name, (n_tup_ins + n_tup_upd + n_tup_del)::integer as count
     from pg_stat_user_tables where schemaname = 'private' order by relname`,
  );
  return Object.fromEntries(rows.map(({ name, count }) => [name, count]));
}

describe("npm run worker", () => {
  test("writes nothing while no job is due, but that it lives", async () => {
    // What happened before reaches the statistics late: a session that idles reports after ten seconds.
    await new Promise((resolve) => setTimeout(resolve, 11_000));
    const before = await writes();

    // Some ten claims; a worker shows that it lives with each third of its lease of 3 s.
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    const { workers, ...after } = await writes();

    expect({ ...after, workers: before.workers }).toEqual(before);
    expect(workers! - before.workers!).toBeLessThanOrEqual(4);
  });

  test("outlives a crash of the database, and does what is asked then", async () => {
    await cluster.crash();
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    await cluster.start();

    const documentId = await until("the database to answer", async () => {
      try {
        return await addDocument(user, "One passage.");
      } catch {
        return null;
      }
    });
    const job = await train(user, documentId);

    await waitForJob(user, job.id, "completed", { seconds: 50 });
  });

  test("ends on SIGTERM while the database is away", async () => {
    await cluster.crash();
    await new Promise((resolve) => setTimeout(resolve, 1_000));

    const sentAt = performance.now();
    worker.kill("SIGTERM");
    const { stderr } = await worker.ended;
    const seconds = (performance.now() - sentAt) / 1000;
    await cluster.start();

    expect(stderr).toContain("worker_failed");
    expect(seconds).toBeLessThan(10);
  });
});
