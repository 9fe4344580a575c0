import { afterAll, describe, expect, test } from "vitest";
import { createTestDatabase } from "../support/test-database.ts";
import { createCast, eachRole, rowsFor } from "./support/cast.ts";
import { aResult, createPage, createPointer, createProject } from "./support/drawings.ts";
import { sqlStateOf } from "./support/rejection.ts";
import {
  beginChange,
  createConversation,
  createPublished,
  publish,
} from "./support/training-files.ts";

const db = await createTestDatabase();
afterAll(() => db[Symbol.asyncDispose]());
const cast = await createCast(db);

interface Row extends Record<string, unknown> {
  part: string;
  check: string;
  difference_count: number;
  differences: unknown[];
  hint: string | null;
}

const all = "select * from public.audit_installation()";

describe("audit_installation", () => {
  test("answers the service role with a line for each check, all parts in their order", async () => {
    const rows = await db.as("service_role", (client) => client.query<Row>(all));

    expect([...new Set(rows.map(({ part }) => part))])
      .toEqual(["objects", "chunks", "jobs", "training_files", "counts"]);
    expect(new Set(rows.map(({ check }) => check)).size).toBe(rows.length);
    expect(rows.filter(({ difference_count }) => Number(difference_count) > 0)).toEqual([]);
    expect(rows.every(({ differences, hint }) => differences.length === 0 && hint === null))
      .toBe(true);
  });

  test("answers for one part with what it answers for all", async () => {
    const rows = await db.as(
      "service_role",
      (client) => client.query<Row>("select * from public.audit_installation('jobs')"),
    );

    const everything = await db.as("service_role", (client) => client.query<Row>(all));
    expect(rows).toEqual(everything.filter(({ part }) => part === "jobs"));
    expect(rows.length).toBeGreaterThan(5);
  });

  test("takes no offence at crops that were brought to an organisation without a model", async () => {
    const { editor, orgId } = await createCast(db);
    const pageId = await createPage(db, editor, await createProject(db, editor, orgId));
    const id = await createPointer(db, editor, pageId);
    await db.query("delete from private.jobs where dedupe_key = $1", [id]);
    await db.query(
      `update public.pointers
       set description = 'known', embedding = $2, embedding_model = 'm' where id = $1`,
      [id, aResult.embedding],
    );
    await db.query("select private.update_backfilled_pointers()");

    const found = await db.query(
      "select id from private.list_nearest_pointers($1, $2, 'm', null, null, 10)",
      [orgId, aResult.embedding],
    );
    expect(found).toEqual([{ id }]);
    expect(await db.query("select * from private.audit_pointer_vectors()")).toEqual([]);
  });

  test("lists the first thousand differences, and counts all", async () => {
    await db.query(
      `insert into storage.objects (bucket_id, name)
       select 'documents', 'lost/' || i from generate_series(1, 1100) as i`,
    );
    const rows = await db.query<Row>("select * from private.audit_installation('objects', '0')");

    const lost = rows.find(({ check }) => check === "rows of documents")!;
    expect(Number(lost.difference_count)).toBe(1100);
    expect(lost.differences.length).toBe(1000);
    expect(lost.hint).toContain("delete the object");
  });

  test("tells of a conversation without its object what its foreign key lets one do", async () => {
    const editor = cast.editor as { userId: string };
    const [kept, lost] = [
      await createConversation(db, cast.orgId, editor),
      await createConversation(db, cast.orgId, editor),
    ];
    const id = await createPublished(db, cast.editor, cast.orgId, [kept, lost]);
    await db.query("delete from storage.objects where name like $1", [`%/${lost}/enriched.json`]);
    const deletion = () =>
      db.query("delete from public.conversations where conversation_id = $1", [lost]);

    const rows = await db.query<Row>("select * from private.audit_installation('objects', '0')");

    const found = rows.find(({ check }) => check === "files of conversation-files")!;
    expect(found.differences).toHaveLength(1);
    expect(found.hint).toContain("remove it from the training files that hold it");
    expect(await sqlStateOf(deletion())).toBe("23503");
    await publish(db, await beginChange(db, cast.editor, "remove", id, [lost]));
    await deletion();
  });

  test.each(eachRole())("%s %s call it", async (_, role) => {
    expect(await rowsFor(db, cast[role], "select from public.audit_installation()")).toBe(0);
  });
});
