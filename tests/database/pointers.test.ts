import { afterAll, describe, expect, test } from "vitest";
import { findReferences } from "../../local/model-server/vision/grammar/find-references.ts";
import { createTestDatabase, only } from "../support/test-database.ts";
import { createCast } from "./support/cast.ts";
import {
  aResult,
  claimPointer,
  createPage,
  createPointer,
  createProject,
  enrich,
  readPointer,
} from "./support/drawings.ts";
import { fail } from "./support/queue.ts";
import { raisedBy, sqlStateOf } from "./support/rejection.ts";

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

describe("a pointer", () => {
  test("is pending, and queued in the transaction that inserts it", async () => {
    const id = await createPointer(db, cast.editor, pageId);

    expect(await readPointer(db, id)).toMatchObject({ enrichment_status: "pending", attempts: 0 });
    expect(await openJobs(id)).toBe(1);
  });

  test.each([
    ["another pointer's", () => `${cast.orgId}/${projectId}/${crypto.randomUUID()}.png`],
    ["another organisation's", (id: string) => `${cast.strangerOrgId}/${projectId}/${id}.png`],
    ["a climbing", (id: string) => `${cast.orgId}/${projectId}/../${id}.png`],
    ["another type's", (id: string) => `${cast.orgId}/${projectId}/${id}.jpg`],
  ])("has no path such as %s", async (_, pathOf) => {
    const id = crypto.randomUUID();
    const work = change(
      "insert into public.pointers (id, page_id, title, png_path) values ($1, $2, 'A', $3)",
      [id, pageId, pathOf(id)],
    );

    expect(await sqlStateOf(work)).toBe("23514");
  });

  test.each([
    ["outside the page", { x: 0, y: 0, width: 1.5, height: 1 }],
    ["negative", { x: -0.1, y: 0, width: 0.5, height: 1 }],
    ["half of one", { x: 0, y: 0 }],
    ["with more than it has", { x: 0, y: 0, width: 1, height: 1, z: 1 }],
    ["of words", { x: "0", y: 0, width: 1, height: 1 }],
    ["a list", [0, 0, 1, 1]],
  ])("has no box that is %s", async (_, bbox) => {
    const id = crypto.randomUUID();
    const work = change(
      `insert into public.pointers (id, page_id, title, png_path, bbox) values ($1, $2, 'A', $3, $4)`,
      [id, pageId, `${cast.orgId}/${projectId}/${id}.png`, JSON.stringify(bbox)],
    );

    expect(await sqlStateOf(work)).toBe("23514");
  });

  test("is queued again when its discipline has another name, and only then", async () => {
    const project = await createProject(db, cast.editor, cast.orgId);
    const page = await createPage(db, cast.editor, project);
    const discipline = crypto.randomUUID();
    await change(
      "insert into public.disciplines (id, project_id, name) values ($1, $2, 'Plumbing')",
      [discipline, project],
    );
    await change("update public.pages set discipline_id = $1 where id = $2", [discipline, page]);
    const id = await createPointer(db, cast.editor, page);
    await enrich(db, id);
    const rename = (name: string) =>
      change("update public.disciplines set name = $1 where id = $2", [name, discipline]);

    await rename("Plumbing");
    expect(await openJobs(id)).toBe(0);
    await rename("Piping");
    expect(await openJobs(id)).toBe(1);
  });

  test("is put on no page of a stranger, who does not learn that it is there", async () => {
    const work = db.as(cast.stranger, (client) =>
      client.query(
        "insert into public.pointers (page_id, title, png_path) values ($1, 'A', 'a')",
        [pageId],
      ));

    expect(await raisedBy(work)).toMatchObject({ code: "PAGE_NOT_FOUND", status: 404 });
  });

  test("is written by nobody in what the worker writes", async () => {
    const id = await createPointer(db, cast.editor, pageId);

    for (const column of ["description", "enrichment_status", "embedding_model", "input_hash"]) {
      expect(
        await sqlStateOf(
          change(`update public.pointers set ${column} = 'complete' where id = $1`, [id]),
        ),
      ).toBe("42501");
    }
  });
});

describe("a retry", () => {
  const retry = (persona: typeof cast.editor, id: string) =>
    db.as(persona, (client) => client.query("select * from public.retry_pointer($1)", [id]));

  test("queues a crop again, complete ones too, and lets it be read anew", async () => {
    const id = await createPointer(db, cast.editor, pageId);
    await enrich(db, id);

    const [row] = await retry(cast.editor, id);

    expect(row).toMatchObject({ enrichment_status: "pending", input_hash: null });
    expect(await openJobs(id)).toBe(1);
  });

  test("of one that is queued already changes nothing", async () => {
    const id = await createPointer(db, cast.editor, pageId);

    await retry(cast.editor, id);

    expect(await openJobs(id)).toBe(1);
  });

  test("is for editors, and says nothing to strangers", async () => {
    const id = await createPointer(db, cast.editor, pageId);

    expect(await raisedBy(retry(cast.viewer, id))).toMatchObject({ code: "ROLE_TOO_LOW" });
    expect(await raisedBy(retry(cast.stranger, id))).toMatchObject({ code: "POINTER_NOT_FOUND" });
  });

  test("of a project queues what has the status, and no other project's", async () => {
    const other = await createProject(db, cast.editor, cast.orgId);
    const page = await createPage(db, cast.editor, other);
    const [failed, complete] = [
      await createPointer(db, cast.editor, page),
      await createPointer(db, cast.editor, page),
    ];
    await fail(db, await claimPointer(db, failed), { is_permanent: true });
    await enrich(db, complete);
    const retryAll = (persona: typeof cast.editor, status: string | null) =>
      db.as(persona, (client) =>
        client.query<{ queued: number }>(
          "select public.retry_project_pointers($1, $2)::integer as queued",
          [other, status],
        ));

    expect(only(await retryAll(cast.editor, "failed")).queued).toBe(1);
    expect(await readPointer(db, failed)).toMatchObject({ enrichment_status: "pending" });
    expect(await readPointer(db, complete)).toMatchObject({ enrichment_status: "complete" });
    expect(await raisedBy(retryAll(cast.editor, "lost"))).toMatchObject({
      code: "INVALID_REQUEST",
    });
    expect(await raisedBy(retryAll(cast.viewer, "failed"))).toMatchObject({ code: "ROLE_TOO_LOW" });
    expect(await raisedBy(retryAll(cast.stranger, "failed"))).toMatchObject({
      code: "PROJECT_NOT_FOUND",
    });
  });
});

describe("a cross-reference", () => {
  const links = async (id: string) =>
    await db.as(cast.viewer, (client) =>
      client.query(
        `select raw, target_page_id as page, target_pointer_id as pointer
         from public.pointer_links where pointer_id = $1 order by position`,
        [id],
      ));
  const reference = (sheet: string | null, detail: string | null) => ({
    kind: "detail",
    sheet,
    detail,
    raw: `${detail}/${sheet}`,
  });

  test("leads to nothing, to the page when that arrives, and to the crop when that is read", async () => {
    const project = await createProject(db, cast.editor, cast.orgId);
    const source = await createPointer(
      db,
      cast.editor,
      await createPage(db, cast.editor, project, { sheet: "A-501" }),
    );
    await enrich(db, source, { cross_references: [reference("S-501", "3")] });
    expect(await links(source)).toEqual([{ raw: "3/S-501", page: null, pointer: null }]);

    const page = await createPage(db, cast.editor, project, { sheet: "S 501" });
    expect(await links(source)).toEqual([{ raw: "3/S-501", page, pointer: null }]);

    const target = await createPointer(db, cast.editor, page);
    await enrich(db, target, {
      enrichment_metadata: { detail_number: "3", detail_title: "EDGE" },
      cross_references: [],
    });
    expect(await links(source)).toEqual([{ raw: "3/S-501", page, pointer: target }]);
  });

  test("without a sheet leads to a crop of its own page, never to itself", async () => {
    const project = await createProject(db, cast.editor, cast.orgId);
    const page = await createPage(db, cast.editor, project, { sheet: "A-501" });
    const [source, target] = [
      await createPointer(db, cast.editor, page),
      await createPointer(db, cast.editor, page),
    ];
    await enrich(db, source, { cross_references: [reference(null, "2"), reference(null, "1")] });
    await enrich(db, target, {
      enrichment_metadata: { detail_number: "2", detail_title: "EDGE" },
      cross_references: [],
    });

    expect(await links(source)).toEqual([
      { raw: "2/null", page: null, pointer: target },
      { raw: "1/null", page: null, pointer: null },
    ]);
  });

  test("by a section's number leads to the sheet that bears it", async () => {
    const project = await createProject(db, cast.editor, cast.orgId);
    const source = await createPointer(
      db,
      cast.editor,
      await createPage(db, cast.editor, project, { sheet: "SD081113-02" }),
    );
    const page = await createPage(db, cast.editor, project, { sheet: "SD081113-01" });
    await enrich(db, source, { cross_references: [reference("08 11 13-01", null)] });

    expect(await links(source)).toMatchObject([{ page, pointer: null }]);
  });

  test("to a detail of a library leads to its sheet and crop, as the reader tells it", async () => {
    const project = await createProject(db, cast.editor, cast.orgId);
    const source = await createPointer(
      db,
      cast.editor,
      await createPage(db, cast.editor, project, { sheet: "SD081113-02" }),
    );
    const page = await createPage(db, cast.editor, project, { sheet: "SD081113-01" });
    const target = await createPointer(db, cast.editor, page);
    await enrich(db, source, { cross_references: findReferences("PER STD DTL 08 11 13-01") });
    await enrich(db, target, {
      enrichment_metadata: { detail_number: "SD081113-01", detail_title: "DOORS" },
      cross_references: [],
    });

    expect(await links(source)).toMatchObject([{ page, pointer: target }]);
  });

  test("leads to the sheet and the detail that are written like it, where others are alike", async () => {
    const project = await createProject(db, cast.editor, cast.orgId);
    const [first, second] = [
      await createPage(db, cast.editor, project, { sheet: "S1.1" }),
      await createPage(db, cast.editor, project, { sheet: "S11" }),
    ];
    const source = await createPointer(db, cast.editor, first);
    await enrich(db, source, {
      cross_references: [reference("S11", "11"), reference("s1.1", null), reference("S-11", null)],
    });
    const [other, target] = [
      await createPointer(db, cast.editor, second),
      await createPointer(db, cast.editor, second),
    ];
    for (const [pointer, detail_number] of [[other, "1.1"], [target, "11"]] as const) {
      await enrich(db, pointer, {
        enrichment_metadata: { detail_number, detail_title: "EDGE" },
        cross_references: [],
      });
    }

    expect(await links(source)).toMatchObject([
      { page: second, pointer: target },
      { page: first },
      { page: second },
    ]);
  });

  test("leads into no other project", async () => {
    const source = await createPointer(
      db,
      cast.editor,
      await createPage(db, cast.editor, await createProject(db, cast.editor, cast.orgId)),
    );
    const other = await createProject(db, cast.editor, cast.orgId);
    await createPage(db, cast.editor, other, { sheet: "X-900" });
    await enrich(db, source, { cross_references: [reference("X-900", null)] });

    expect(await links(source)).toMatchObject([{ page: null, pointer: null }]);
  });
});

describe("the progress of a project", () => {
  test("counts its crops by status, and is nobody else's business", async () => {
    const project = await createProject(db, cast.editor, cast.orgId);
    const page = await createPage(db, cast.editor, project);
    const ids = [];
    for (let made = 0; made < 4; made++) ids.push(await createPointer(db, cast.editor, page));
    await enrich(db, ids[0]!);
    await fail(db, await claimPointer(db, ids[1]!), { is_permanent: true });
    await claimPointer(db, ids[2]!);
    const progress = (persona: typeof cast.viewer) =>
      db.as(persona, (client) =>
        client.query(
          `select pending::integer, processing::integer, complete::integer, failed::integer,
             total::integer
           from public.project_progress where project_id = $1`,
          [project],
        ));

    expect(await progress(cast.viewer)).toEqual([
      { pending: 1, processing: 1, complete: 1, failed: 1, total: 4 },
    ]);
    expect(await progress(cast.stranger)).toEqual([]);
  });
});

describe("update_backfilled_pointers", () => {
  test("completes what has description and vector, and queues the rest", async () => {
    const [whole, half] = [
      await createPointer(db, cast.editor, pageId),
      await createPointer(db, cast.editor, pageId),
    ];
    await db.query("delete from private.jobs where kind = 'enrich_pointer'");
    await db.query(
      `update public.pointers set description = 'known',
         embedding = $2, embedding_model = 'm' where id = $1`,
      [whole, aResult.embedding],
    );
    await db.query(
      "update public.pointers set description = 'known', enrichment_status = 'failed' where id = $1",
      [half],
    );

    await db.query("select private.update_backfilled_pointers()");

    expect(await readPointer(db, whole)).toMatchObject({ enrichment_status: "complete" });
    expect(await openJobs(whole)).toBe(0);
    expect(await readPointer(db, half)).toMatchObject({ enrichment_status: "pending" });
    expect(await openJobs(half)).toBe(1);
  });

  test("queues what has a vector of another model than its organisation", async () => {
    const id = await createPointer(db, cast.editor, pageId);
    await db.query("delete from private.jobs where kind = 'enrich_pointer'");
    await db.query("update public.organizations set embedding_model = 'now' where id = $1", [
      cast.orgId,
    ]);
    await db.query(
      `update public.pointers set description = 'known', enrichment_status = 'failed',
         embedding = $2, embedding_model = 'before' where id = $1`,
      [id, aResult.embedding],
    );

    await db.query("select private.update_backfilled_pointers()");

    expect(await readPointer(db, id)).toMatchObject({ enrichment_status: "pending" });
    expect(await openJobs(id)).toBe(1);
    await db.query("update public.organizations set embedding_model = null where id = $1", [
      cast.orgId,
    ]);
  });
});
