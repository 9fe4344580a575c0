import { afterAll, describe, expect, test } from "vitest";
import { createTestDatabase, only } from "../support/test-database.ts";
import { createCast, eachRole, rowsFor } from "./support/cast.ts";
import {
  completeAll,
  createQueue,
  defer,
  fail,
  type Lease,
  makeDue,
  type Usage,
} from "./support/queue.ts";
import { sqlStateOf } from "./support/rejection.ts";
import {
  addChunks,
  chunk,
  claimTraining,
  complete,
  createDocument,
  createSet,
  liftTrainingCap,
  queueTraining,
} from "./support/training.ts";

const db = await createTestDatabase();
afterAll(() => db[Symbol.asyncDispose]());
const cast = await createCast(db);

const usage = {
  provider: "openai",
  model: "text-embedding-3-small",
  input_tokens: 1_500_000,
  output_tokens: 0,
} satisfies Usage;
/** 1.5 million tokens at 0.02 dollars a million. */
const cost = 0.03;

async function holdOne(org: string | null = cast.orgId) {
  const queue = await createQueue(db, cast.orgId);
  await queue.enqueue({ dedupe_key: "document-1", ...(org === null && { org_id: undefined }) });
  return { queue, lease: (await queue.claim())[0]! };
}

const eventsOf = ({ job_id }: Pick<Lease, "job_id">) =>
  db.query(
    `select input_tokens::integer, output_tokens::integer, is_wasted,
       cost_usd::double precision as cost_usd
     from public.usage_events where job_id = $1::text::bigint order by id`,
    [job_id],
  );
const event = { input_tokens: 1_500_000, output_tokens: 0, cost_usd: cost };

/** `add_wasted_usage` as a worker calls it. */
const addWastedUsage = (refs: object[]) =>
  db.as(
    "service_role",
    (client) => client.query("select public.add_wasted_usage($1)", [JSON.stringify(refs)]),
  );

describe("usage_events", () => {
  test("has what a completed job consumed, on whom and for what", async () => {
    const { queue, lease } = await holdOne();

    await completeAll(db, [{ ...lease, usage }]);

    const row = only(
      await db.query(
        "select org_id, kind, subject_id, provider, model from public.usage_events where job_id = $1::text::bigint",
        [lease.job_id],
      ),
    );
    expect(row).toEqual({
      org_id: cast.orgId,
      kind: queue.kind,
      subject_id: "document-1",
      provider: "openai",
      model: "text-embedding-3-small",
    });
    expect(await eventsOf(lease)).toEqual([{ ...event, is_wasted: false }]);
  });

  test("has each failed, deferred and buried attempt as wasted, once", async () => {
    const { queue, lease } = await holdOne();
    await fail(db, lease, { usage });
    await makeDue(db, lease.job_id);
    const second = (await queue.claim())[0]!;
    await defer(db, second, { usage, scope: "job" });
    await makeDue(db, lease.job_id);
    const third = (await queue.claim())[0]!;
    await fail(db, third, { usage, is_permanent: true });

    expect(await eventsOf(lease)).toEqual(Array(3).fill({ ...event, is_wasted: true }));
  });

  test.each([
    ["completes", (lease: Lease) => completeAll(db, [{ ...lease, usage }])],
    ["fails", (lease: Lease) => fail(db, lease, { usage })],
    ["defers", (lease: Lease) => defer(db, lease, { usage })],
    ["gives up", (lease: Lease) => addWastedUsage([{ ...lease, usage }])],
  ])("has as wasted what a worker consumed that %s a job which it has lost", async (_, report) => {
    const { queue, lease } = await holdOne();
    await makeDue(db, lease.job_id);
    const taken = (await queue.claim({ worker: "other" }))[0]!;

    await report(lease);
    await completeAll(db, [taken]);

    expect(await eventsOf(lease)).toEqual([{ ...event, is_wasted: true }]);
  });

  test.each([
    ["a failure", (lease: Lease) => fail(db, lease, { usage })],
    ["its result", (lease: Lease) => completeAll(db, [{ ...lease, usage }])],
  ])("has an attempt once whose worker got no answer and reports %s", async (_, report) => {
    const { lease } = await holdOne();
    await completeAll(db, [{ ...lease, usage }]);

    await report(lease);

    expect(await eventsOf(lease)).toEqual([{ ...event, is_wasted: false }]);
  });

  test("has what an attempt consumed whose worker ends, beside the next one's", async () => {
    const { queue, lease } = await holdOne();
    await addWastedUsage([{ ...lease, usage }]);
    await db.query("select private.release_jobs('worker')");

    const next = (await queue.claim())[0]!;
    await completeAll(db, [{ ...next, usage }]);

    expect(await eventsOf(lease)).toEqual([
      { ...event, is_wasted: true },
      { ...event, is_wasted: false },
    ]);
  });

  test("has what was consumed for a job that was cancelled meanwhile", async () => {
    const { lease } = await holdOne();
    await db.query("select private.cancel_jobs($1)", [
      JSON.stringify({ job_ids: [lease.job_id] }),
    ]);

    await completeAll(db, [{ ...lease, usage }]);

    expect(await eventsOf(lease)).toEqual([{ ...event, is_wasted: true }]);
  });

  test("has what a document took whose training completed", async () => {
    await liftTrainingCap(db);
    const documentId = await createDocument(db, cast.orgId);
    const { job } = await queueTraining(db, cast.editor, documentId);
    const lease = await claimTraining(db, job.id);
    await addChunks(db, lease, [chunk(0)]);

    await complete(db, lease, { chunkCount: 1, usage });

    expect(await eventsOf(lease)).toEqual([{ ...event, is_wasted: false }]);
  });

  test("prices input and output apart, by what the model costs at that time", async () => {
    await db.query(
      "insert into private.model_prices values ('acme', 'big', 2, 10), ('other', 'big', 9, 9)",
    );
    const big = { provider: "acme", model: "big", input_tokens: 1_000, output_tokens: 500 };
    const first = await holdOne();
    await completeAll(db, [{ ...first.lease, usage: big }]);
    await db.query("update private.model_prices set input_price = 4 where provider = 'acme'");
    const second = await holdOne();
    await completeAll(db, [{ ...second.lease, usage: big }]);

    const costs = [...await eventsOf(first.lease), ...await eventsOf(second.lease)]
      .map(({ cost_usd }) => cost_usd);
    expect(costs).toEqual([0.007, 0.009]);
  });

  test("has no cost for a model whose price nobody knows, not one of 0", async () => {
    const { lease } = await holdOne();

    await completeAll(db, [{ ...lease, usage: { ...usage, model: "unheard-of" } }]);

    expect(await eventsOf(lease)).toEqual([{ ...event, cost_usd: null, is_wasted: false }]);
  });

  test.each([
    ["nothing", undefined],
    ["no model", { input_tokens: 7 }],
    ["no tokens", { model: "m", input_tokens: 0 }],
    ["an empty report", {}],
  ])("has no row for %s", async (_, none) => {
    const { lease } = await holdOne();

    expect(await completeAll(db, [{ ...lease, usage: none }])).toEqual(["done"]);
    expect(await eventsOf(lease)).toEqual([]);
  });

  test("has no row for the system's own work", async () => {
    const { lease } = await holdOne(null);

    expect(await completeAll(db, [{ ...lease, usage }])).toEqual(["done"]);
    expect(await eventsOf(lease)).toEqual([]);
  });

  test("goes with the organisation", async () => {
    const other = await createCast(db);
    const queue = await createQueue(db, other.orgId);
    await queue.enqueue("a");
    const lease = (await queue.claim())[0]!;
    await completeAll(db, [{ ...lease, usage }]);

    await db.query("delete from public.organizations where id = $1", [other.orgId]);

    expect(await eventsOf(lease)).toEqual([]);
  });

  test.each(eachRole("owner", "admin", "editor", "viewer", "memberOfTwo"))(
    "%s %s see it",
    async (verdict, role) => {
      const { lease } = await holdOne();
      await completeAll(db, [{ ...lease, usage }]);

      const rows = await rowsFor(
        db,
        cast[role],
        "select from public.usage_events where job_id = $1::text::bigint",
        [lease.job_id],
      );

      expect(rows).toBe(verdict === "lets" ? 1 : 0);
    },
  );

  test.each([
    ["insert into public.usage_events (org_id, kind, provider, model) values ($1, 'k', 'p', 'm')"],
    ["update public.usage_events set cost_usd = 0 where org_id = $1"],
    ["delete from public.usage_events where org_id = $1"],
  ])("is not written by the owner: %s", async (statement) => {
    const work = db.as(cast.owner, (client) => client.query(statement, [cast.orgId]));

    expect(await sqlStateOf(work)).toBe("42501");
  });
});

describe("usage_daily", () => {
  test("sums an organisation's day, what was wasted apart", async () => {
    const { orgId, viewer } = await createCast(db);
    const queue = await createQueue(db, orgId);
    await queue.enqueue("a", "b", "c");
    const [first, second, third] = await queue.claim();
    await completeAll(db, [{ ...first!, usage }, { ...second!, usage }]);
    await fail(db, third!, { usage });
    await db.query(
      `update public.usage_events set created_at = now() - interval '3 days'
       where job_id = $1::text::bigint`,
      [second!.job_id],
    );

    const rows = await db.as(viewer, (client) =>
      client.query(
        `select day = (now() at time zone 'utc')::date as is_today, kind, model,
           input_tokens::integer, wasted_tokens::integer, cost_usd::double precision as cost_usd
         from public.usage_daily where org_id = $1 order by day`,
        [orgId],
      ));

    const day = { kind: queue.kind, model: usage.model };
    expect(rows).toEqual([
      { ...day, is_today: false, input_tokens: 1_500_000, wasted_tokens: null, cost_usd: cost },
      { ...day, is_today: true, input_tokens: 3_000_000, wasted_tokens: 1_500_000, cost_usd: 0.06 },
    ]);
  });

  test.each(eachRole("owner", "admin", "editor", "viewer", "memberOfTwo"))(
    "%s %s see the organisation's",
    async (verdict, role) => {
      const rows = await rowsFor(
        db,
        cast[role],
        "select from public.usage_daily where org_id = $1 limit 1",
        [cast.orgId],
      );

      expect(rows).toBe(verdict === "lets" ? 1 : 0);
    },
  );
});

describe("document_progress", () => {
  test("counts a set's documents by their latest training, with what they cost", async () => {
    const { orgId, editor, viewer } = await createCast(db);
    const documents = await Promise.all(
      Array.from({ length: 5 }, (_, index) => createDocument(db, orgId, { title: `${index}` })),
    );
    const setId = await createSet(db, orgId, documents);
    const leases: Lease[] = [];
    for (const documentId of documents.slice(0, 4)) {
      const { job } = await queueTraining(db, editor, documentId);
      leases.push(await claimTraining(db, job.id));
    }
    await addChunks(db, leases[0]!, [chunk(0)]);
    await complete(db, leases[0]!, { chunkCount: 1, usage });
    await fail(db, leases[1]!, { is_permanent: true, usage });
    await fail(db, leases[2]!);

    const row = only(
      await db.as(viewer, (client) =>
        client.query(
          `select total::integer, done::integer, open::integer, failed::integer,
             cost_usd::double precision as cost_usd
           from public.document_progress where training_set_id = $1`,
          [setId],
        )),
    );

    expect(row).toEqual({ total: 5, done: 1, open: 2, failed: 1, cost_usd: 0.06 });
  });

  test.each(eachRole("owner", "admin", "editor", "viewer", "memberOfTwo"))(
    "%s %s see the organisation's",
    async (verdict, role) => {
      const setId = await createSet(db, cast.orgId, [await createDocument(db, cast.orgId)]);

      const rows = await rowsFor(
        db,
        cast[role],
        "select from public.document_progress where training_set_id = $1",
        [setId],
      );

      expect(rows).toBe(verdict === "lets" ? 1 : 0);
    },
  );
});
