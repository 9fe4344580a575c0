import { afterAll, describe, expect, test } from "vitest";
import { createTestDatabase } from "../support/test-database.ts";
import { createCast } from "./support/cast.ts";
import {
  aResult,
  claimPointer,
  completePointer,
  createPage,
  createPointer,
  createProject,
  enrich,
  readPointer,
  readSourceHash,
} from "./support/drawings.ts";
import { claim, fail, makeDue, release } from "./support/queue.ts";

const db = await createTestDatabase();
afterAll(() => db[Symbol.asyncDispose]());
const cast = await createCast(db);
const projectId = await createProject(db, cast.editor, cast.orgId);
const pageId = await createPage(db, cast.editor, projectId, { sheet: "A-501" });

function change(statement: string, parameters: unknown[]) {
  return db.as(cast.editor, (client) => client.query(statement, parameters));
}

async function openJobs(id: string): Promise<number> {
  return (await db.query("select from private.jobs where dedupe_key = $1", [id])).length;
}

describe("a reading", () => {
  test("shows as processing while a worker has it, and as pending when it comes back", async () => {
    const id = await createPointer(db, cast.editor, pageId);
    const lease = await claimPointer(db, id);
    expect(await readPointer(db, id)).toMatchObject({ enrichment_status: "processing" });

    await fail(db, lease, { message: "busy" });
    expect(await readPointer(db, id)).toMatchObject({
      enrichment_status: "pending",
      error_message: "busy",
      attempts: 1,
    });

    await makeDue(db, lease.job_id);
    await claimPointer(db, id);
    await release(db);
    expect(await readPointer(db, id)).toMatchObject({ enrichment_status: "pending" });
  });

  test("is written with references, metadata, vector and status at once", async () => {
    const id = await createPointer(db, cast.editor, pageId);
    const lease = await claimPointer(db, id);

    expect(await completePointer(db, lease, await readSourceHash(db, id))).toBe("done");
    expect(await readPointer(db, id)).toMatchObject({
      enrichment_status: "complete",
      error_message: null,
      description: aResult.description,
      cross_references: aResult.cross_references,
      enrichment_metadata: aResult.enrichment_metadata,
      embedding_model: "m",
      input_hash: "hash",
      detail_key: "1",
    });
    expect(await openJobs(id)).toBe(0);
  });

  test("books what both providers were paid", async () => {
    const id = await createPointer(db, cast.editor, pageId);
    await enrich(db, id);

    expect(
      await db.query(
        `select model, input_tokens::integer, output_tokens::integer, is_wasted
         from public.usage_events where subject_id = $1 order by model`,
        [id],
      ),
    ).toEqual([
      { model: "m", input_tokens: 50, output_tokens: 0, is_wasted: false },
      { model: "vision", input_tokens: 900, output_tokens: 90, is_wasted: false },
    ]);
  });

  test("of a worker that was overtaken writes nothing", async () => {
    const id = await createPointer(db, cast.editor, pageId);
    const late = await claimPointer(db, id);
    await makeDue(db, late.job_id);
    const lease = await claimPointer(db, id);
    const source = await readSourceHash(db, id);

    expect(await completePointer(db, late, source, { ...aResult, description: "late" })).toBe(
      "stale_lease",
    );
    expect(await completePointer(db, lease, source)).toBe("done");
    expect(await readPointer(db, id)).toMatchObject({ description: aResult.description });
    expect(await completePointer(db, lease, source)).toBe("stale_lease");
  });

  test.each([
    ["the crop is announced anew", "update public.pointers set png_path = png_path where id = $1"],
    ["the title changes", "update public.pointers set title = 'Other' where id = $1"],
    [
      "the sheet's reflection changes",
      `update public.pages set sheet_reflection = gen_random_uuid()::text
       where id = (select page_id from public.pointers where id = $1)`,
    ],
    [
      "the page's name changes",
      `update public.pages set page_name = gen_random_uuid()::text
       where id = (select page_id from public.pointers where id = $1)`,
    ],
  ])("is thrown away when %s meanwhile, and the crop is pending again", async (_, statement) => {
    const id = await createPointer(db, cast.editor, pageId);
    const lease = await claimPointer(db, id);
    const source = await readSourceHash(db, id);

    await change(statement, [id]);
    const outcome = await completePointer(db, lease, source);

    expect(outcome).toBe("stale_input");
    expect(await readPointer(db, id)).toMatchObject({
      enrichment_status: "pending",
      description: null,
    });
    expect(await openJobs(id)).toBe(1);
    await enrich(db, id);
    expect(await readPointer(db, id)).toMatchObject({ enrichment_status: "complete" });
  });

  test.each([
    ["the crop is announced anew", "update public.pointers set png_path = png_path where id = $1"],
    [
      "the sheet's reflection changes",
      `update public.pages set sheet_reflection = gen_random_uuid()::text
       where id = (select page_id from public.pointers where id = $1)`,
    ],
  ])("is asked for again when %s, and the old one stays until then", async (_, statement) => {
    const id = await createPointer(db, cast.editor, pageId);
    await enrich(db, id);

    await change(statement, [id]);

    expect(await openJobs(id)).toBe(1);
    expect(await readPointer(db, id)).toMatchObject({
      enrichment_status: "pending",
      description: aResult.description,
    });
  });

  test("is not asked for again when the page changes in what it does not see", async () => {
    const id = await createPointer(db, cast.editor, pageId);
    await enrich(db, id);

    await change("update public.pages set page_name = page_name where id = $1", [pageId]);
    await change("update public.pointers set bbox = null where id = $1", [id]);

    expect(await openJobs(id)).toBe(0);
  });

  test("made for another model than the organisation's is kept, and embedded again", async () => {
    const id = await createPointer(db, cast.editor, pageId);
    const lease = await claimPointer(db, id);
    const source = await readSourceHash(db, id);

    const outcome = await completePointer(db, lease, source, { ...aResult, embedding_model: "n" });

    expect(outcome).toBe("stale_input");
    expect(await readPointer(db, id)).toMatchObject({
      enrichment_status: "pending",
      description: aResult.description,
      input_hash: "hash",
      embedding_model: null,
    });
    expect(await openJobs(id)).toBe(1);
    await enrich(db, id);
    expect(await readPointer(db, id)).toMatchObject({ embedding_model: "m" });
  });

  test("that has failed for good says why", async () => {
    const id = await createPointer(db, cast.editor, pageId);

    await fail(db, await claimPointer(db, id), { is_permanent: true, message: "cut off" });

    expect(await readPointer(db, id)).toMatchObject({
      enrichment_status: "failed",
      error_message: "cut off",
    });
  });

  test("that has failed while its crop was replaced is pending", async () => {
    const id = await createPointer(db, cast.editor, pageId);
    const lease = await claimPointer(db, id);

    await change("update public.pointers set png_path = png_path where id = $1", [id]);
    await fail(db, lease, { is_permanent: true });

    expect(await readPointer(db, id)).toMatchObject({ enrichment_status: "pending" });
  });

  test("is made three at a time, by however many workers", async () => {
    await db.query("delete from private.jobs where kind = 'enrich_pointer'");
    for (let made = 0; made < 6; made++) await createPointer(db, cast.editor, pageId);

    const claims = await Promise.all(
      ["a", "b", "c"].map((worker) => claim(db, { worker, kinds: ["enrich_pointer"] })),
    );

    expect(claims.flat()).toHaveLength(3);
    await db.query("delete from private.jobs where kind = 'enrich_pointer'");
  });
});
