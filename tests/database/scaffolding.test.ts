import { afterAll, describe, expect, test } from "vitest";
import { createOrganization, createUser } from "../support/personas.ts";
import { createTestDatabase, only } from "../support/test-database.ts";
import { createCast, eachRole, rowsFor } from "./support/cast.ts";
import { sqlStateOf } from "./support/rejection.ts";
import { createConversation } from "./support/training-files.ts";

const db = await createTestDatabase();
afterAll(() => db[Symbol.asyncDispose]());
const cast = await createCast(db);
const editor = cast.editor as { userId: string };
const newKey = () => `key_${crypto.randomUUID().replaceAll("-", "_")}`;

describe.each(["personas", "emotional_arcs", "training_topics"])("%s", (table) => {
  const thing = table.slice(0, -1);
  const key = `${thing}_key`;
  const insert = `insert into public.${table} (org_id, ${key}, name) values ($1, $2, $3)`;
  const add = async (orgId = cast.orgId, { as = newKey(), name = "Name" } = {}) =>
    only(await db.query<{ id: string }>(`${insert} returning id`, [orgId, as, name])).id;

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
    const rows = await rowsFor(db, cast[role], `${insert} returning 1`, [
      cast.orgId,
      newKey(),
      "Name",
    ]);

    expect(rows).toBe(verdict === "lets" ? 1 : 0);
  });

  test.each(eachRole("owner", "admin", "editor"))("%s %s rename one", async (verdict, role) => {
    const id = await add();

    const rows = await rowsFor(
      db,
      cast[role],
      `update public.${table} set name = 'New' where id = $1 returning 1`,
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

  test.each(["id", "org_id", "created_at", "updated_at"])(
    "do not let anybody change their %s",
    async (column) => {
      const id = await add();

      const work = db.as(
        cast.owner,
        (client) =>
          client.query(`update public.${table} set ${column} = ${column} where id = $1`, [id]),
      );

      expect(await sqlStateOf(work)).toBe("42501");
    },
  );

  test("know when they were changed", async () => {
    const id = await add();
    await db.query(
      `update public.${table} set created_at = now() - interval '1 day' where id = $1`,
      [
        id,
      ],
    );

    const [row] = await db.query<{ is_later: boolean }>(
      `update public.${table} set name = 'Later' where id = $1
       returning updated_at > created_at as is_later`,
      [id],
    );

    expect(row!.is_later).toBe(true);
  });

  test("have a key once in an organisation, and again in another", async () => {
    const as = newKey();
    await add(cast.orgId, { as });

    expect(await sqlStateOf(add(cast.orgId, { as }))).toBe("23505");
    await expect(add(cast.strangerOrgId, { as })).resolves.toBeDefined();
  });

  test.each(["Not A Key", "", "ümlaut", "a-b", "k".repeat(101)])(
    "refuse the key %j",
    async (as) => {
      expect(await sqlStateOf(add(cast.orgId, { as }))).toBe("23514");
    },
  );

  test.each(["", "  ", "n".repeat(256)])("refuse the name %j", async (name) => {
    expect(await sqlStateOf(add(cast.orgId, { name }))).toBe("23514");
  });

  test("leave a conversation behind without them when they are deleted", async () => {
    const id = await add();
    const conversation = await createConversation(db, cast.orgId, editor);
    await db.query(
      `update public.conversations set ${thing}_id = $1 where conversation_id = $2`,
      [id, conversation],
    );

    await db.as(
      cast.admin,
      (client) => client.query(`delete from public.${table} where id = $1`, [id]),
    );

    const [row] = await db.query(
      `select org_id, ${thing}_id as held from public.conversations where conversation_id = $1`,
      [conversation],
    );
    expect(row).toEqual({ org_id: cast.orgId, held: null });
  });

  test("are not for a conversation of another organisation", async () => {
    const id = await add(cast.strangerOrgId);
    const conversation = await createConversation(db, cast.orgId, editor);

    const work = db.as(
      cast.editor,
      (client) =>
        client.query(
          `update public.conversations set ${thing}_id = $1 where conversation_id = $2`,
          [
            id,
            conversation,
          ],
        ),
    );

    expect(await sqlStateOf(work)).toBe("23503");
  });

  test("go with their organisation", async () => {
    const orgId = await createOrganization(db, await createUser(db));
    const id = await add(orgId);

    await db.query("delete from public.organizations where id = $1", [orgId]);

    expect(await db.query(`select from public.${table} where id = $1`, [id])).toEqual([]);
  });
});
