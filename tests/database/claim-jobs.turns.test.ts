import { afterAll, describe, expect, test } from "vitest";
import { createPersonas } from "../support/personas.ts";
import { createTestDatabase } from "../support/test-database.ts";
import { claim, completeAll, createQueue, fail, type Queue } from "./support/queue.ts";

const db = await createTestDatabase();
afterAll(() => db[Symbol.asyncDispose]());
const { orgId, strangerOrgId } = await createPersonas(db);

const many = (count: number, job: { org_id: string; priority?: number }) =>
  Array.from({ length: count }, () => ({ ...job, dedupe_key: crypto.randomUUID() }));

/** Claims and completes so many jobs, one after the other; says which organisation had each turn. */
async function serve(queue: Queue, count: number): Promise<string[]> {
  const served: string[] = [];
  for (let turn = 0; turn < count; turn++) {
    const [lease] = await queue.claim({ max: 1 });
    await completeAll(db, [lease!]);
    served.push(lease!.org_id === orgId ? "first" : "newcomer");
  }
  return served;
}

/** Ends what is ready, and leaves what waits for its time. */
async function cancelReady({ lane }: Queue): Promise<void> {
  await db.query("delete from private.jobs where lane = $1 and is_ready", [lane]);
}

describe("claim_jobs, between organisations", () => {
  test("serves a newcomer in turn with one that has many jobs", async () => {
    const queue = await createQueue(db, orgId);
    await queue.enqueue(...many(200, { org_id: orgId }));
    await serve(queue, 20);

    await queue.enqueue(...many(5, { org_id: strangerOrgId }));

    expect((await serve(queue, 12)).slice(0, 10).sort()).toEqual([
      ...Array(5).fill("first"),
      ...Array(5).fill("newcomer"),
    ]);
  });

  test("alternates inside one claim too", async () => {
    const queue = await createQueue(db, orgId);
    await queue.enqueue(...many(50, { org_id: orgId }));
    await queue.enqueue(...many(3, { org_id: strangerOrgId }));

    const leases = await queue.claim({ max: 6 });

    expect(leases.filter(({ org_id }) => org_id === strangerOrgId)).toHaveLength(3);
  });

  test("gives one that enqueues its jobs singly no more than one that brings all at once", async () => {
    const queue = await createQueue(db, orgId);
    await queue.enqueue(...many(30, { org_id: orgId }));
    for (const job of many(10, { org_id: strangerOrgId })) await queue.enqueue(job);

    const served = await serve(queue, 10);

    expect(served.filter((org) => org === "newcomer")).toHaveLength(5);
  });

  test("does not make up for the time before a newcomer came", async () => {
    const queue = await createQueue(db, orgId);
    await queue.enqueue(...many(60, { org_id: orgId }));
    await serve(queue, 30);
    await queue.enqueue(...many(20, { org_id: strangerOrgId }));

    const served = await serve(queue, 20);

    expect(served.filter((org) => org === "first")).toHaveLength(10);
  });

  test("keeps turns within a priority", async () => {
    const queue = await createQueue(db, orgId);
    await queue.enqueue(...many(5, { org_id: strangerOrgId, priority: 100 }));
    await queue.enqueue(...many(5, { org_id: orgId, priority: 1 }));

    expect(await serve(queue, 10)).toEqual([
      ...Array(5).fill("first"),
      ...Array(5).fill("newcomer"),
    ]);
  });

  test("keeps the order of an array, whatever its keys are", async () => {
    const queue = await createQueue(db, orgId);
    const keys = Array.from({ length: 30 }, () => crypto.randomUUID());
    const queued = await queue.enqueue(...keys);
    const idOf = new Map(queued.map(({ dedupe_key, job_id }) => [dedupe_key, job_id]));

    const leases = await queue.claim({ max: 30 });

    expect(leases.map(({ job_id }) => job_id)).toEqual(keys.map((key) => idOf.get(key)));
  });

  test("keeps the order in which an organisation's jobs came, over several enqueues", async () => {
    const queue = await createQueue(db, orgId);
    const keys = Array.from({ length: 12 }, (_, index) => `${index}`.padStart(2, "0"));
    for (let at = 0; at < keys.length; at += 4) await queue.enqueue(...keys.slice(at, at + 4));

    const leases = await claim(db, { kinds: [queue.kind], max: 12 });
    const rows = await db.query(
      `select dedupe_key from private.jobs
       join unnest($1::text::bigint[]) with ordinality as claimed (id, place) using (id)
       order by place`,
      [`{${leases.map(({ job_id }) => job_id)}}`],
    );

    expect(rows.map(({ dedupe_key }) => dedupe_key)).toEqual(keys);
  });

  test("takes a job that becomes urgent with those that are", async () => {
    const queue = await createQueue(db, orgId);
    const backlog = many(20, { org_id: orgId });
    await queue.enqueue(...backlog);
    await queue.enqueue(...many(3, { org_id: strangerOrgId, priority: 10 }));

    await queue.enqueue({ ...backlog.at(-1)!, priority: 10 });

    expect(await serve(queue, 2)).toContain("first");
  });

  test("lets no job that waits for its time push back one that is due", async () => {
    const queue = await createQueue(db, orgId);
    const inAnHour = new Date(Date.now() + 3_600_000).toISOString();
    await queue.enqueue(...many(10, { org_id: strangerOrgId }));
    await queue.enqueue(
      ...many(50, { org_id: orgId }).map((job) => ({ ...job, visible_at: inAnHour })),
    );
    await queue.enqueue(...many(20, { org_id: orgId }));
    for (const lease of (await queue.claim({ max: 20 })).filter(({ org_id }) => org_id === orgId)) {
      await fail(db, lease, { retry_after: 3600 });
    }
    await cancelReady(queue);
    await queue.enqueue(...many(10, { org_id: strangerOrgId }));

    await queue.enqueue(...many(2, { org_id: orgId }));

    expect((await serve(queue, 4)).sort()).toEqual(["first", "first", "newcomer", "newcomer"]);
  });

  test("gives those whose time comes at once a turn each, beside those of others", async () => {
    const queue = await createQueue(db, orgId);
    const soon = new Date(Date.now() + 60_000).toISOString();
    await queue.enqueue(
      ...many(10, { org_id: orgId }).map((job) => ({ ...job, visible_at: soon })),
    );
    await queue.enqueue(...many(10, { org_id: strangerOrgId }));
    await serve(queue, 4);
    await db.query("update private.jobs set visible_at = now() where lane = $1 and not is_ready", [
      queue.lane,
    ]);

    const served = await serve(queue, 10);

    expect(served.filter((org) => org === "first")).toHaveLength(5);
  });
});
