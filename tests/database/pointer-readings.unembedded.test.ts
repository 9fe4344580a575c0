import { afterAll, describe, expect, test } from "vitest";
import { createTestDatabase, only } from "../support/test-database.ts";
import { createCast } from "./support/cast.ts";
import {
  addReading,
  aResult,
  claimPointer,
  completeVector,
  createPage,
  createPointer,
  createProject,
  enrich,
  readPointer,
  readSourceHash,
} from "./support/drawings.ts";
import { claim, fail, makeDue } from "./support/queue.ts";

const db = await createTestDatabase();
afterAll(() => db[Symbol.asyncDispose]());
const cast = await createCast(db);
const projectId = await createProject(db, cast.editor, cast.orgId);
const pageId = await createPage(db, cast.editor, projectId, { sheet: "A-501" });

function change(statement: string, parameters: unknown[]) {
  return db.as(cast.editor, (client) => client.query(statement, parameters));
}

describe("a reading that has no vector yet", () => {
  const usageOf = (id: string) =>
    db.query(
      `select model, is_wasted from public.usage_events where subject_id = $1 order by model`,
      [id],
    );
  const stored = (id: string) =>
    db.query("select from private.pointer_readings where pointer_id = $1", [id]);
  const jobOf = async (id: string) =>
    only(
      await db.query<{ lane: string; attempt: number; est_tokens: number; is_held: boolean }>(
        `select lane, attempt::integer, est_tokens, lease_token is not null as is_held
         from private.jobs where dedupe_key = $1`,
        [id],
      ),
    );
  const setLane = (changes: object) =>
    db.query("select private.update_lane('embedding', $1)", [JSON.stringify(changes)]);

  /** A crop that was read, and only waits for its vector. */
  async function read(reading = aResult) {
    const id = await createPointer(db, cast.editor, pageId);
    const lease = await claimPointer(db, id);
    const source = await readSourceHash(db, id);
    expect(await addReading(db, lease, source, reading)).toBe("held");
    return { id, lease, source };
  }

  test("is not shown before its vector: the old one stays with its own", async () => {
    const id = await createPointer(db, cast.editor, pageId);
    await enrich(db, id);
    await change("update public.pointers set png_path = png_path where id = $1", [id]);
    const lease = await claimPointer(db, id);
    const source = await readSourceHash(db, id);

    await addReading(db, lease, source, { ...aResult, description: "new", input_hash: "other" });
    expect(await readPointer(db, id)).toMatchObject({
      description: aResult.description,
      embedding_model: "m",
      input_hash: "hash",
    });

    expect(await completeVector(db, lease, source)).toBe("done");
    expect(await readPointer(db, id)).toMatchObject({
      enrichment_status: "complete",
      description: "new",
      embedding_model: "m",
      input_hash: "other",
    });
    expect(await stored(id)).toEqual([]);
  });

  test("is not paid for again when the embedder fails", async () => {
    const { id, lease, source } = await read();

    await fail(db, lease, { message: "no vector" });
    await makeDue(db, lease.job_id);
    const again = await claimPointer(db, id);

    expect(again.lane).toBe("embedding");
    expect(await db.query("select is_read from public.get_pointer_source($1)", [id]))
      .toEqual([{ is_read: true }]);
    expect(await completeVector(db, again, source)).toBe("done");
    expect(await usageOf(id)).toEqual([
      { model: "m", is_wasted: false },
      { model: "vision", is_wasted: false },
    ]);
    expect(await readPointer(db, id)).toMatchObject({ description: aResult.description });
  });

  test("of a worker that was overtaken is not stored, and was paid for in vain", async () => {
    const id = await createPointer(db, cast.editor, pageId);
    const late = await claimPointer(db, id);
    await makeDue(db, late.job_id);
    await claimPointer(db, id);

    expect(await addReading(db, late, await readSourceHash(db, id))).toBe("stale_lease");

    expect(await stored(id)).toEqual([]);
    expect(await usageOf(id)).toEqual([{ model: "vision", is_wasted: true }]);
  });

  test("is not stored when the crop changes meanwhile", async () => {
    const id = await createPointer(db, cast.editor, pageId);
    const lease = await claimPointer(db, id);
    const source = await readSourceHash(db, id);

    await change("update public.pointers set title = 'Other' where id = $1", [id]);

    expect(await addReading(db, lease, source)).toBe("stale_input");
    expect(await stored(id)).toEqual([]);
    expect(await jobOf(id)).toMatchObject({ lane: "pass2", is_held: false });
  });

  test("is thrown away when the crop changes before its vector is there", async () => {
    const { id, lease, source } = await read();

    await change("update public.pointers set png_path = png_path where id = $1", [id]);

    expect(await completeVector(db, lease, source)).toBe("stale_input");
    expect(await jobOf(id)).toMatchObject({ lane: "pass2", is_held: false });
    expect(await readPointer(db, id)).toMatchObject({
      enrichment_status: "pending",
      description: null,
    });
  });

  test("goes back to be read when the crop changes while it waits for its vector", async () => {
    const { id, lease } = await read();
    await fail(db, lease);
    expect(await jobOf(id)).toMatchObject({ lane: "embedding" });

    await change("update public.pointers set png_path = png_path where id = $1", [id]);

    expect(await jobOf(id)).toMatchObject({ lane: "pass2", est_tokens: 6000 });
  });

  test("counts for a crop that is announced as it was, which is only embedded then", async () => {
    const { id, lease } = await read();
    await fail(db, lease);
    await change("update public.pointers set png_path = png_path where id = $1", [id]);
    const again = await claimPointer(db, id);
    const source = await readSourceHash(db, id);

    expect(await addReading(db, again, source, null)).toBe("held");
    expect(await completeVector(db, again, source)).toBe("done");

    expect(await readPointer(db, id)).toMatchObject({ description: aResult.description });
  });

  test("that a retry has asked for anew is not taken for known", async () => {
    const id = await createPointer(db, cast.editor, pageId);
    await enrich(db, id);
    await change("select public.retry_pointer($1)", [id]);
    const lease = await claimPointer(db, id);

    expect(await addReading(db, lease, await readSourceHash(db, id), null)).toBe("stale_input");
  });

  test("stays through a retry: nobody has seen it", async () => {
    const { id, lease } = await read();
    await fail(db, lease, { is_permanent: true });

    await change("select public.retry_pointer($1)", [id]);

    expect(await stored(id)).toHaveLength(1);
  });

  test("that the embedder refuses is shown without a vector", async () => {
    const { id, lease, source } = await read();

    expect(await completeVector(db, lease, source, null)).toBe("done");

    expect(await readPointer(db, id)).toMatchObject({
      enrichment_status: "complete",
      description: aResult.description,
      embedding_model: null,
    });
  });

  test("makes room in its lane for the next", async () => {
    await db.query("delete from private.jobs where kind = 'enrich_pointer'");
    const ids = [];
    for (let made = 0; made < 4; made++) ids.push(await createPointer(db, cast.editor, pageId));
    const leases = await claim(db, { kinds: ["enrich_pointer"] });
    expect(leases).toHaveLength(3);
    const id = leases[0]!.payload.pointer_id as string;

    await addReading(db, leases[0]!, await readSourceHash(db, id));

    expect(await claim(db, { kinds: ["enrich_pointer"] })).toHaveLength(1);
    await db.query("delete from private.jobs where kind = 'enrich_pointer'");
  });

  test("finds its job moved on by the claim of the next, and pays no second time", async () => {
    await db.query("delete from private.jobs where kind = 'enrich_pointer'");
    const id = await createPointer(db, cast.editor, pageId);
    const lease = await claimPointer(db, id);
    await setLane({ requests_per_minute: 600 });
    await db.query("update private.lanes set request_budget = 5, refilled_at = now()");
    await claim(db, { max: 0, moves: [{ ...lease, lane: "embedding", token_count: 50 }] });

    expect(await addReading(db, lease, await readSourceHash(db, id))).toBe("held");

    expect(await jobOf(id)).toMatchObject({ lane: "embedding", is_held: true });
    expect(only(
      await db.query(
        "select request_budget < 4.5 and request_budget > 3.5 as is_once from private.lanes where lane = 'embedding'",
      ),
    )).toEqual({ is_once: true });
    await setLane({ requests_per_minute: null });
  });

  test("that was lost after its job had moved on is made anew, in the lane of readings", async () => {
    const id = await createPointer(db, cast.editor, pageId);
    const lost = await claimPointer(db, id);
    await claim(db, { max: 0, moves: [{ ...lost, lane: "embedding" }] });
    await makeDue(db, lost.job_id);
    const lease = await claimPointer(db, id);
    expect(lease.lane).toBe("embedding");

    expect(await completeVector(db, lease, await readSourceHash(db, id), null)).toBe("stale_input");

    expect((await claimPointer(db, id)).lane).toBe("pass2");
  });

  test.each([
    ["is full", () => setLane({ max_in_flight: 1 })],
    ["is paused", () => db.query("select private.pause_lane('embedding', 'infinity')")],
    ["has no tokens left", async () => {
      await setLane({ tokens_per_minute: 60 });
      await db.query("update private.lanes set token_budget = -60, refilled_at = now()");
    }],
    ["has no request left", async () => {
      await setLane({ requests_per_minute: 1 });
      await db.query("update private.lanes set request_budget = 0, refilled_at = now()");
    }],
  ])("waits for it in the lane of embeddings when that %s", async (_, close) => {
    const first = await read();
    const id = await createPointer(db, cast.editor, pageId);
    const lease = await claimPointer(db, id);
    await close();

    const state = await addReading(db, lease, await readSourceHash(db, id));

    expect(state).toBe("waiting");
    expect(await jobOf(id)).toEqual({
      lane: "embedding",
      attempt: 0,
      est_tokens: 50,
      is_held: false,
    });
    expect(await readPointer(db, id)).toMatchObject({ enrichment_status: "pending" });
    await db.query("select private.pause_lane('embedding', null)");
    await setLane({ max_in_flight: 8, tokens_per_minute: null, requests_per_minute: null });
    expect(await completeVector(db, first.lease, first.source)).toBe("done");
    const again = await claimPointer(db, id);
    expect(await completeVector(db, again, await readSourceHash(db, id))).toBe("done");
  });

  test("pays for its call out of the lane of embeddings", async () => {
    await setLane({ tokens_per_minute: 6000, requests_per_minute: 60 });
    await db.query(
      `update private.lanes set token_budget = 200, request_budget = 2, refilled_at = now()
       where lane = 'embedding'`,
    );

    await read();

    const lane = only(
      await db.query<{ tokens: number; requests: number }>(
        `select token_budget as tokens, request_budget as requests
         from private.lanes where lane = 'embedding'`,
      ),
    );
    expect(lane.tokens).toBeLessThan(200);
    expect(lane.requests).toBeLessThan(2);
    await setLane({ tokens_per_minute: null, requests_per_minute: null });
  });

  test("keeps a newer job of its crop from running beside it", async () => {
    const { id, lease, source } = await read();
    await change("update public.pointers set png_path = png_path where id = $1", [id]);
    await db.query(
      "update private.jobs set is_ready = dedupe_key = $1 where lease_token is null",
      [id],
    );

    expect(await claim(db, { kinds: ["enrich_pointer"], max: 1 })).toEqual([]);

    expect(await completeVector(db, lease, source)).toBe("stale_input");
    expect((await claimPointer(db, id)).lane).toBe("pass2");
  });
});
