import { afterAll, describe, expect, test } from "vitest";
import { addMember, createOrganization, createUser } from "../support/personas.ts";
import { createTestDatabase, only } from "../support/test-database.ts";
import { type Cast, createCast, eachRole, rowsFor } from "./support/cast.ts";
import { sqlStateOf } from "./support/rejection.ts";
import { createConversation } from "./support/training-files.ts";

const db = await createTestDatabase();
afterAll(() => db[Symbol.asyncDispose]());
const cast: Cast = await createCast(db);
const editor = cast.editor as { userId: string };

const addBatch = async (orgId = cast.orgId) =>
  only(
    await db.query<{ id: string }>(
      "insert into public.batch_jobs (org_id) values ($1) returning id",
      [orgId],
    ),
  ).id;
const addItem = async (batchId: string, conversationId: string | null = null) =>
  only(
    await db.query<{ id: string }>(
      `insert into public.batch_items (org_id, batch_job_id, conversation_id)
       values ($1, $2, $3) returning id`,
      [cast.orgId, batchId, conversationId],
    ),
  ).id;

/** What tells the two tables apart in the tests that both have to pass. */
const tables = [
  {
    table: "batch_jobs",
    add: addBatch,
    insert: "insert into public.batch_jobs (org_id, tier) values ($1, 'scenario') returning 1",
    parameters: () => Promise.resolve([cast.orgId]),
    fixed: ["id", "org_id", "tier", "created_by", "created_at"],
  },
  {
    table: "batch_items",
    add: async () => await addItem(await addBatch()),
    insert: "insert into public.batch_items (org_id, batch_job_id) values ($1, $2) returning 1",
    parameters: async () => [cast.orgId, await addBatch()],
    fixed: ["id", "org_id", "batch_job_id", "created_at"],
  },
];

describe.each(tables)("$table", ({ table, add, insert, parameters, fixed }) => {
  test.each(eachRole("owner", "admin", "editor", "viewer", "memberOfTwo"))(
    "%s %s see one",
    async (verdict, role) => {
      const id = await add();

      const rows = await rowsFor(
        db,
        cast[role],
        `select 1 from public.${table} where id = $1`,
        [id],
      );

      expect(rows).toBe(verdict === "lets" ? 1 : 0);
    },
  );

  test.each(eachRole("owner", "admin", "editor"))("%s %s insert one", async (verdict, role) => {
    const rows = await rowsFor(db, cast[role], insert, await parameters());

    expect(rows).toBe(verdict === "lets" ? 1 : 0);
  });

  test.each(eachRole("owner", "admin", "editor"))("%s %s update one", async (verdict, role) => {
    const id = await add();

    const rows = await rowsFor(
      db,
      cast[role],
      `update public.${table} set status = 'completed' where id = $1 returning 1`,
      [id],
    );

    expect(rows).toBe(verdict === "lets" ? 1 : 0);
  });

  test.each(eachRole("owner", "admin"))("%s %s delete one", async (verdict, role) => {
    const id = await add();

    const rows = await rowsFor(
      db,
      cast[role],
      `delete from public.${table} where id = $1 returning 1`,
      [id],
    );

    expect(rows).toBe(verdict === "lets" ? 1 : 0);
  });

  test.each(fixed)("does not let anybody change its %s", async (column) => {
    const id = await add();

    const work = db.as(
      cast.owner,
      (client) =>
        client.query(`update public.${table} set ${column} = ${column} where id = $1`, [id]),
    );

    expect(await sqlStateOf(work)).toBe("42501");
  });

  test("refuses a status that there is not", async () => {
    const id = await add();

    const work = db.query(`update public.${table} set status = 'done' where id = $1`, [id]);

    expect(await sqlStateOf(work)).toBe("23514");
  });
});

describe("a batch", () => {
  test("belongs to whoever inserts it, and to nobody when they are gone", async () => {
    const userId = await createUser(db);
    await addMember(db, cast.orgId, userId, "editor");
    const { id, created_by } = only(
      await db.as({ userId }, (client) =>
        client.query<{ id: string; created_by: string }>(
          "insert into public.batch_jobs (org_id) values ($1) returning id, created_by",
          [cast.orgId],
        )),
    );

    await db.query("delete from auth.users where id = $1", [userId]);

    expect(created_by).toBe(userId);
    expect(await db.query("select created_by from public.batch_jobs where id = $1", [id]))
      .toEqual([{ created_by: null }]);
  });

  test.each([["tier", "'other'"], ["total_items", "-1"]])(
    "refuses %s %s",
    async (column, value) => {
      const work = db.query(
        `insert into public.batch_jobs (org_id, ${column}) values ($1, ${value})`,
        [cast.orgId],
      );

      expect(await sqlStateOf(work)).toBe("23514");
    },
  );

  test("takes its items along, and leaves their conversations", async () => {
    const conversation = await createConversation(db, cast.orgId, editor);
    const batch = await addBatch();
    const item = await addItem(batch, conversation);

    await db.as(
      cast.admin,
      (client) => client.query("delete from public.batch_jobs where id = $1", [batch]),
    );

    expect(await db.query("select from public.batch_items where id = $1", [item])).toEqual([]);
    const kept = await db.query("select from public.conversations where conversation_id = $1", [
      conversation,
    ]);
    expect(kept).toHaveLength(1);
  });

  test("goes with its organisation", async () => {
    const orgId = await createOrganization(db, await createUser(db));
    const id = await addBatch(orgId);

    await db.query("delete from public.organizations where id = $1", [orgId]);

    expect(await db.query("select from public.batch_jobs where id = $1", [id])).toEqual([]);
  });
});

describe("an item of a batch", () => {
  test("stays when its conversation is deleted", async () => {
    const conversation = await createConversation(db, cast.orgId, editor);
    const id = await addItem(await addBatch(), conversation);

    await db.as(
      cast.admin,
      (client) =>
        client.query("delete from public.conversations where conversation_id = $1", [conversation]),
    );

    const [row] = await db.query(
      "select org_id, conversation_id from public.batch_items where id = $1",
      [id],
    );
    expect(row).toEqual({ org_id: cast.orgId, conversation_id: null });
  });

  test("does not take another organisation's batch", async () => {
    expect(await sqlStateOf(addItem(await addBatch(cast.strangerOrgId)))).toBe("23503");
  });

  test("does not take another organisation's conversation", async () => {
    const theirs = await createConversation(
      db,
      cast.strangerOrgId,
      cast.stranger as { userId: string },
    );

    expect(await sqlStateOf(addItem(await addBatch(), theirs))).toBe("23503");
  });

  test("needs a batch that exists", async () => {
    expect(await sqlStateOf(addItem(crypto.randomUUID()))).toBe("23503");
  });
});
