import { afterAll, describe, expect, test } from "vitest";
import { createPersonas } from "../support/personas.ts";
import { createTestDatabase, only } from "../support/test-database.ts";
import { claim, createQueue, fail, type Lease, makeDue, readJob } from "./support/queue.ts";
import { sqlStateOf } from "./support/rejection.ts";

const db = await createTestDatabase();
afterAll(() => db[Symbol.asyncDispose]());
const { orgId, owner } = await createPersonas(db);

type Beat = { job_id: string; state: string };

function heartbeat(
  refs: (Pick<Lease, "job_id" | "lease_token"> & { progress?: number | null })[],
  seconds = 45,
): Promise<Beat[]> {
  return db.as(
    "service_role",
    (client) =>
      client.query<Beat>("select * from public.heartbeat_jobs('worker', $1, $2)", [
        JSON.stringify(refs),
        seconds,
      ]),
  );
}

async function holdOne(): Promise<Lease> {
  const queue = await createQueue(db, orgId);
  await queue.enqueue("a");
  return (await queue.claim())[0]!;
}

describe("heartbeat_jobs", () => {
  test("extends the lease from now", async () => {
    const lease = await holdOne();

    const rows = await heartbeat([lease], 300);

    expect(rows).toEqual([{ job_id: lease.job_id, state: "ok", is_draining: false }]);
    expect((await readJob(db, lease.job_id))!.due_in).toBeCloseTo(300, -1);
  });

  test("saves a lease that has expired while nobody took the job", async () => {
    const lease = await holdOne();
    await makeDue(db, lease.job_id);

    const rows = await heartbeat([lease]);

    expect(rows[0]!.state).toBe("ok");
    expect((await readJob(db, lease.job_id))!.due_in).toBeGreaterThan(40);
  });

  test("tells a worker that another has taken the job, and changes nothing", async () => {
    const lease = await holdOne();
    await makeDue(db, lease.job_id);
    const taken = only((await claim(db, { worker: "other", kinds: [lease.kind] })) as never[]);
    const before = await readJob(db, lease.job_id);

    const rows = await heartbeat([{ ...lease, progress: 0.9 }], 3600);

    expect(rows[0]!.state).toBe("lost");
    const after = await readJob(db, lease.job_id);
    expect(after).toMatchObject({
      lease_token: (taken as Lease).lease_token,
      progress: before!.progress,
    });
    expect(after!.due_in).toBeLessThanOrEqual(before!.due_in);
  });

  test("tells a worker that the job has ended", async () => {
    const lease = await holdOne();
    await fail(db, lease, { is_permanent: true });

    expect((await heartbeat([lease]))[0]!.state).toBe("lost");
  });

  test("answers for each job by itself", async () => {
    const held = await holdOne();
    const unknown = { job_id: "9223372036854775807", lease_token: crypto.randomUUID() };
    const guessed = { job_id: (await holdOne()).job_id, lease_token: crypto.randomUUID() };

    const rows = await heartbeat([unknown, held, guessed]);

    expect(Object.fromEntries(rows.map(({ job_id, state }) => [job_id, state]))).toEqual({
      [unknown.job_id]: "lost",
      [held.job_id]: "ok",
      [guessed.job_id]: "lost",
    });
  });

  test.each([
    ["rises", [0.2, 0.5], 0.5],
    ["never falls", [0.5, 0.2], 0.5],
    ["stays when not given", [0.5, undefined], 0.5],
    ["stays when null", [0.5, null], 0.5],
    ["ends at 1", [7], 1],
    ["is not below 0", [-7], 0],
  ])("records progress, which %s", async (_, reports, expected) => {
    const lease = await holdOne();

    for (const progress of reports) await heartbeat([{ ...lease, progress }]);

    expect((await readJob(db, lease.job_id))!.progress).toBe(expected);
  });

  test.each([[0, 1], [-5, 1], [1_000_000, 3600]])(
    "makes a lease of %i s one of %i s",
    async (seconds, clamped) => {
      const lease = await holdOne();

      await heartbeat([lease], seconds);

      const { due_in } = (await readJob(db, lease.job_id))!;
      expect(due_in).toBeGreaterThan(clamped - 5);
      expect(due_in).toBeLessThanOrEqual(clamped);
    },
  );

  test("notes that the worker lives", async () => {
    const lease = await holdOne();
    await db.query("update private.workers set seen_at = now() - interval '1 hour' where true");

    await heartbeat([lease]);

    const row = only(
      await db.query(
        "select seen_at > now() - interval '1 minute' as lives from private.workers where id = 'worker'",
      ),
    );
    expect(row).toEqual({ lives: true });
  });

  test.each([["anon", "anon" as const], ["a user", owner]])("is not for %s", async (_, persona) => {
    const work = db.as(
      persona,
      (client) => client.query("select public.heartbeat_jobs('w', '[]')"),
    );

    expect(await sqlStateOf(work)).toBe("42501");
  });
});
