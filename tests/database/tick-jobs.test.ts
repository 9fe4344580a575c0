import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { setVaultSecrets } from "../../local/database/set-vault-secrets.ts";
import { createPersonas } from "../support/personas.ts";
import { createTestDatabase, only } from "../support/test-database.ts";
import { createNoticingDatabase } from "./support/noticing-database.ts";
import { claim, createQueue, makeDue, release } from "./support/queue.ts";

const db = await createTestDatabase();
afterAll(() => db[Symbol.asyncDispose]());
const { orgId } = await createPersonas(db);
const secrets = { project_url: "https://project.example", cron_secret_key: "sb_secret_cron" };

beforeEach(async () => {
  await db.exec(`
    delete from private.jobs;
    delete from private.workers;
    update private.lanes set paused_until = null;
  `);
  await setVaultSecrets(db, secrets);
  await forgetCalls();
});

/** As if the last call was long ago. */
async function forgetCalls(): Promise<void> {
  await db.exec(`
    delete from net.http_request_queue;
    update private.wakeups set poked_at = '-infinity';
  `);
}

async function tick(): Promise<number> {
  const rows = await db.query<{ calls: number }>("select private.tick_jobs() as calls");
  return only(rows).calls;
}

async function countCalls(): Promise<number> {
  const rows = await db.query<{ calls: number }>(
    "select count(*)::integer as calls from net.http_request_queue",
  );
  return only(rows).calls;
}

/** A queue with due jobs whose wake-up has been forgotten. */
async function withDueJobs(count: number, options: { maxInFlight?: number } = {}) {
  const queue = await createQueue(db, orgId, options);
  await queue.enqueue(...Array.from({ length: count }, (_, index) => `${index}`));
  await forgetCalls();
  return queue;
}

describe("tick_jobs", () => {
  test("makes no call when nothing is due", async () => {
    const queue = await createQueue(db, orgId);
    await queue.enqueue({
      dedupe_key: "a",
      visible_at: new Date(Date.now() + 3_600_000).toISOString(),
    });

    expect(await tick()).toBe(0);
    expect(await countCalls()).toBe(0);
  });

  test.each([[1, 1], [10, 1], [11, 2], [40, 4], [400, 4]])(
    "calls for %i due jobs %i workers",
    async (jobs, calls) => {
      await withDueJobs(jobs, { maxInFlight: 1000 });

      expect(await tick()).toBe(calls);
      expect(await countCalls()).toBe(calls);
    },
  );

  test("sends the key to the worker's address and nothing else", async () => {
    await withDueJobs(1);
    await tick();

    const calls = await db.query(
      "select method, url, headers, convert_from(body, 'UTF8') as body from net.http_request_queue",
    );

    expect(calls).toEqual([{
      method: "POST",
      url: "https://project.example/functions/v1/process-jobs",
      headers: { "content-type": "application/json", apikey: "sb_secret_cron" },
      body: "{}",
    }]);
  });

  test("calls a worker for a lease that has expired", async () => {
    const queue = await withDueJobs(1);
    const lost = (await queue.claim({ worker: "lost" }))[0]!;
    await makeDue(db, lost.job_id);
    await db.query("update private.workers set seen_at = now() - interval '1 hour' where true");

    expect(await tick()).toBe(1);
  });

  test("makes no call while the workers that are needed live", async () => {
    await withDueJobs(11);
    await claim(db, { worker: "first", kinds: ["none"] });
    expect(await tick()).toBe(1);

    await claim(db, { worker: "second", kinds: ["none"] });
    expect(await tick()).toBe(0);
  });

  test.each([[45, 20, 0], [45, 25, 1], [6, 2, 0], [6, 4, 1]])(
    "counts a worker with leases of %i s that has been silent for %i s: %i calls",
    async (lease, silence, calls) => {
      await withDueJobs(1);
      await claim(db, { worker: "silent", kinds: ["none"], seconds: lease });
      await db.query(
        "update private.workers set seen_at = now() - make_interval(secs => $1) where true",
        [silence],
      );

      expect(await tick()).toBe(calls);
    },
  );

  test("makes no call for a paused lane", async () => {
    const queue = await withDueJobs(1);
    await db.query(
      "update private.lanes set paused_until = now() + interval '1 hour' where lane = $1",
      [queue.lane],
    );

    expect(await tick()).toBe(0);
  });

  test.each(["request", "token"])(
    "makes no call for a lane that is out of its %s budget",
    async (kind) => {
      const queue = await withDueJobs(1);
      await db.query(
        `update private.lanes set ${kind}s_per_minute = 60, ${kind}_budget = -1, refilled_at = now()
       where lane = $1`,
        [queue.lane],
      );

      await tick();

      expect(await countCalls()).toBe(0);
    },
  );

  test("makes no call for a lane that is full", async () => {
    const queue = await withDueJobs(40, { maxInFlight: 1 });
    await queue.claim({ max: 1 });
    await db.query("delete from private.workers where true");

    expect(await tick()).toBe(0);
  });

  test.each<[string, Record<string, string>]>([
    ["project_url is missing", { project_url: "" }],
    ["cron_secret_key is missing", { cron_secret_key: "" }],
    ["the key would write a header of its own", { cron_secret_key: "a\r\nx-admin: 1" }],
    ["the address is foreign and not encrypted", { project_url: "http://project.example" }],
    ["the address pretends to be local", { project_url: "http://localhost.example" }],
    ["the address hides its host", { project_url: "https://project.example@evil.example" }],
    ["the address has a path", { project_url: "https://project.example/x?y=" }],
    ["the address has a second line", { project_url: "https://project.example\nhttp://x" }],
    ["the address is none", { project_url: "file:///etc/passwd" }],
  ])("makes no call when %s, and the next one when that is mended", async (_, broken) => {
    await withDueJobs(1);
    await setVaultSecrets(db, broken);

    expect(await tick()).toBe(0);
    expect(await countCalls()).toBe(0);

    await setVaultSecrets(db, secrets);
    expect(await tick()).toBe(1);
  });

  test.each([
    "https://abcdefghijklmnopqrst.supabase.co",
    "https://project.example/",
    "http://127.0.0.1:54321",
    "http://localhost:54321",
    "http://kong:8000",
    "http://host.docker.internal:54321",
  ])("calls %s", async (project_url) => {
    await withDueJobs(1);
    await setVaultSecrets(db, { project_url });

    await tick();

    const calls = await db.query<{ url: string }>("select url from net.http_request_queue");
    expect(calls).toEqual([{
      url: `${project_url.replace(/\/$/, "")}/functions/v1/process-jobs`,
    }]);
  });

  test("warns without a secret, and does not say the other", async () => {
    await using noticing = await createNoticingDatabase();
    await noticing.exec(`
      select vault.create_secret('sb_secret_marker', 'cron_secret_key');
      insert into public.organizations (name) values ('Acme');
      insert into private.jobs (org_id, lane, kind, dedupe_key)
      select id, 'embedding', 'test', 'a' from public.organizations;
    `);

    expect(noticing.warnings).toEqual([expect.stringContaining("Vault")]);
    expect(noticing.warnings.join()).not.toContain("sb_secret_marker");
  });

  test("uses a key that was changed from the next call on", async () => {
    await withDueJobs(1);
    await tick();
    await setVaultSecrets(db, { cron_secret_key: "sb_secret_new" });
    await tick();

    const calls = await db.query(
      "select headers ->> 'apikey' as key from net.http_request_queue order by id",
    );
    expect(calls).toEqual([{ key: "sb_secret_cron" }, { key: "sb_secret_new" }]);
  });

  test("is scheduled once, without a secret in its text", async () => {
    const jobs = await db.query<{ schedule: string; command: string }>(
      "select schedule, command from cron.job where jobname = 'maestro-tick-jobs'",
    );

    expect(jobs).toEqual([{ schedule: "5 seconds", command: "select private.tick_jobs()" }]);
  });
});

describe("a wake-up on enqueue", () => {
  test("calls a worker with the first job of a burst and not with the next", async () => {
    const queue = await createQueue(db, orgId);

    for (let index = 0; index < 20; index++) await queue.enqueue(`${index}`);

    expect(await countCalls()).toBe(1);
  });

  test("calls again when the last call is more than a second ago", async () => {
    const queue = await createQueue(db, orgId);
    await queue.enqueue("a");
    await db.query(
      "update private.wakeups set poked_at = poked_at - interval '2 seconds' where true",
    );

    await queue.enqueue("b");

    expect(await countCalls()).toBe(2);
  });

  test("calls at once when the worker of the last call has come and gone", async () => {
    const queue = await createQueue(db, orgId);
    await queue.enqueue("a");
    await db.query("delete from private.jobs where true");
    await claim(db, { worker: "first", kinds: [queue.kind] });
    await release(db, "first");

    await queue.enqueue("b");

    expect(await countCalls()).toBe(2);
  });

  test("makes no call for a job that is due later", async () => {
    const queue = await createQueue(db, orgId);

    await queue.enqueue({
      dedupe_key: "a",
      visible_at: new Date(Date.now() + 3_600_000).toISOString(),
    });

    expect(await countCalls()).toBe(0);
  });

  test("makes no call for a transaction that rolls back", async () => {
    const queue = await createQueue(db, orgId);

    await db.transaction(async (client) => {
      await client.query(
        "insert into private.jobs (org_id, lane, kind, dedupe_key) values ($1, $2, $2, 'a')",
        [orgId, queue.lane],
      );
      throw new Error("no");
    }).catch(() => undefined);

    expect(await countCalls()).toBe(0);
  });
});

describe("a wake-up on release", () => {
  test("calls the next worker for the jobs that a stopping one gives back", async () => {
    const queue = await withDueJobs(1);
    await queue.claim({ worker: "stopping" });

    await release(db, "stopping");

    expect(await countCalls()).toBe(1);
  });

  test("calls the next worker when one that has worked leaves jobs behind", async () => {
    const queue = await withDueJobs(5);
    await db.query("update private.jobs set visible_at = now() - interval '1 hour' where true");
    const leases = await queue.claim({ worker: "stopping", max: 1 });
    await db.query("delete from private.jobs where id = $1::text::bigint", [leases[0]!.job_id]);

    await release(db, "stopping");

    expect(await countCalls()).toBe(1);
  });

  test("calls nobody after a worker that found nothing it could do", async () => {
    const queue = await withDueJobs(1);
    await db.query(
      "update private.jobs set visible_at = now() - interval '1 hour' where lane = $1",
      [queue.lane],
    );
    await claim(db, { worker: "idle", kinds: ["none"] });

    await release(db, "idle");

    expect(await countCalls()).toBe(0);
  });

  test("calls the next worker for a job that came while the last one was leaving", async () => {
    const queue = await createQueue(db, orgId);
    await claim(db, { worker: "leaving", kinds: [queue.kind] });
    await queue.enqueue("a");
    expect(await countCalls()).toBe(0);

    await release(db, "leaving");

    expect(await countCalls()).toBe(1);
  });

  test("calls nobody when nothing is due", async () => {
    const queue = await withDueJobs(1);
    await queue.claim({ worker: "stopping" });
    await db.query("delete from private.jobs where true");

    await release(db, "stopping");

    expect(await countCalls()).toBe(0);
  });
});
