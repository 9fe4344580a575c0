import { afterAll, describe, expect, test } from "vitest";
import { createTestDatabase, only } from "../support/test-database.ts";
import { createCast } from "./support/cast.ts";
import { type Lease, readJob } from "./support/queue.ts";
import { raisedBy } from "./support/rejection.ts";
import {
  addChunks,
  chunk,
  claimTraining,
  complete,
  createDocument,
  createSet,
  liftTrainingCap,
  queueTraining,
  readTrainingJob,
} from "./support/training.ts";

const db = await createTestDatabase();
afterAll(() => db[Symbol.asyncDispose]());
const cast = await createCast(db);
await liftTrainingCap(db);
await db.query("update private.lanes set max_in_flight = 1000 where lane = 'pass2'");

async function hold() {
  const document = await createDocument(db, cast.orgId);
  const { job } = await queueTraining(db, cast.editor, document);
  return { document, training: job, held: await claimTraining(db, job.id) };
}

type Ref = Pick<Lease, "job_id" | "lease_token">;

/** A function as a worker calls it. */
async function call(expression: string, values: unknown[]) {
  const rows = await db.as(
    "service_role",
    (client) =>
      client.query<{ outcome: unknown }>(`select public.${expression} as outcome`, values),
  );
  return only(rows).outcome;
}

const addReading = ({ job_id, lease_token }: Ref, hash: string, page: number, content = "text") =>
  call("add_page_reading($1, $2, $3, $4, $5)", [job_id, lease_token, hash, page, content]);

const deferTo = (lane: string, { job_id, lease_token }: Ref, usage: unknown = null) =>
  call("defer_document_job($1, $2, $3, $4::text::jsonb)", [
    job_id,
    lease_token,
    lane,
    usage && JSON.stringify(usage),
  ]);

const laneOf = async ({ job_id }: Ref) =>
  only(
    await db.query<{ lane: string }>("select lane from private.jobs where id = $1::text::bigint", [
      job_id,
    ]),
  ).lane;

const listReadings = (document: string, hash: string) =>
  db.as(
    "service_role",
    (client) => client.query("select * from public.list_page_readings($1, $2)", [document, hash]),
  );

describe("is_scan_reading_allowed", () => {
  test("asks the sets that hold the document: one is enough", async () => {
    const document = await createDocument(db, cast.orgId);
    const isAllowed = () => call("is_scan_reading_allowed($1)", [document]);
    const switchOn = (set: string, reads_scans: boolean) =>
      db.query("update public.mono_training_sets set reads_scans = $2 where id = $1", [
        set,
        reads_scans,
      ]);
    expect(await isAllowed()).toBe(false);

    await createSet(db, cast.orgId, [document]);
    const other = await createSet(db, cast.orgId, [document]);
    expect(await isAllowed()).toBe(false);

    await switchOn(other, true);
    expect(await isAllowed()).toBe(true);

    await switchOn(other, false);
    await switchOn(await createSet(db, cast.orgId), true);
    expect(await isAllowed()).toBe(false);
  });
});

describe("add_page_reading", () => {
  test("keeps a page for the file and the model that it was read by, once", async () => {
    const { document, held } = await hold();

    expect(await addReading(held, "a", 2, "second")).toBe("ok");
    expect(await addReading(held, "a", 1, "first")).toBe("ok");
    expect(await addReading(held, "a", 2, "again")).toBe("ok");

    expect(await listReadings(document, "a")).toEqual([
      { page: 1, content: "first" },
      { page: 2, content: "second" },
    ]);
    expect(await listReadings(document, "b")).toEqual([]);
  });

  test("keeps nothing for a lease that was overtaken", async () => {
    const { document, held } = await hold();

    const stale = { ...held, lease_token: crypto.randomUUID() };

    expect(await addReading(stale, "a", 1)).toBe("stale_lease");
    expect(await listReadings(document, "a")).toEqual([]);
  });

  test("outlives a training that fails, not the document", async () => {
    const { document, held } = await hold();
    await addReading(held, "a", 1);

    await db.as("service_role", (client) =>
      client.query("select * from public.fail_jobs($1)", [
        JSON.stringify([{ ...held, code: "X", message: "x", is_permanent: true }]),
      ]));
    expect(await listReadings(document, "a")).toHaveLength(1);

    await db.query("delete from public.vault_documents where id = $1", [document]);
    expect(await listReadings(document, "a")).toEqual([]);
  });

  test("makes place for the latest source when the document is trained", async () => {
    const { document, held } = await hold();
    await addReading(held, "old", 1);
    await addReading(held, "old", 2);
    await addReading(held, "new", 1);

    await addChunks(db, held, [chunk(0)]);
    expect(await complete(db, held, { chunkCount: 1 })).toBe("done");

    expect(await listReadings(document, "old")).toEqual([]);
    expect(await listReadings(document, "new")).toHaveLength(1);
  });
});

describe("defer_document_job", () => {
  test("lets the job go on in another lane, with its attempt", async () => {
    const { training, held } = await hold();

    expect(await deferTo("pass2", held)).toBe("waiting");

    expect(await laneOf(held)).toBe("pass2");
    expect(await readJob(db, held.job_id)).toMatchObject({ attempt: 0, lease_token: null });
    expect(await readTrainingJob(db, training.id)).toMatchObject({
      status: "queued",
      error_message: null,
    });
    const again = await claimTraining(db, training.id);
    expect(again).toMatchObject({ lane: "pass2", attempt: 1 });
    expect(await deferTo("embedding", again)).toBe("waiting");
    expect((await claimTraining(db, training.id)).lane).toBe("embedding");
  });

  test("books what was consumed, which is not wasted", async () => {
    const { held } = await hold();
    const usage = { provider: "openai", model: "gpt-5", input_tokens: 1200, output_tokens: 300 };

    await deferTo("pass2", held, [usage]);

    expect(
      await db.query(
        `select input_tokens::integer, is_wasted from public.usage_events
         where job_id = $1::text::bigint`,
        [held.job_id],
      ),
    ).toEqual([{ input_tokens: 1200, is_wasted: false }]);
  });

  test("does nothing for a lease that was overtaken, and for other lanes", async () => {
    const { held } = await hold();
    const stale = { ...held, lease_token: crypto.randomUUID() };

    expect(await deferTo("pass2", stale)).toBe("stale_lease");
    expect(await raisedBy(deferTo("other", held))).toMatchObject({ code: "INVALID_REQUEST" });
    expect(await laneOf(held)).toBe("embedding");
    expect(await readJob(db, held.job_id)).toMatchObject({ lease_token: held.lease_token });
  });
});
