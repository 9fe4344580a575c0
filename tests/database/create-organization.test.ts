import { afterAll, describe, expect, test } from "vitest";
import { createUser } from "../support/personas.ts";
import { createTestDatabase, only, type Persona } from "../support/test-database.ts";
import { raisedBy, sqlStateOf } from "./support/rejection.ts";

const db = await createTestDatabase();
afterAll(() => db[Symbol.asyncDispose]());
const userId = await createUser(db);

function create(persona: Persona, name: string | null) {
  return db.as(
    persona,
    (client) =>
      client.query<{ id: string; name: string }>("select * from public.create_organization($1)", [
        name,
      ]),
  );
}

async function countOrganizations(): Promise<number> {
  const rows = await db.query<{ count: number }>(
    "select count(*)::integer as count from public.organizations",
  );
  return only(rows).count;
}

describe("create_organization", () => {
  test("makes the caller the owner", async () => {
    const { id } = only(await create({ userId }, "Acme"));

    const members = await db.query(
      "select user_id, role from public.organization_members where org_id = $1",
      [id],
    );
    expect(members).toEqual([{ user_id: userId, role: "owner" }]);
  });

  test.each([
    ["1 character", "A", "A"],
    ["255 characters", "é".repeat(255), "é".repeat(255)],
    ["spaces around it", "  Acme Ltd  ", "Acme Ltd"],
    ["line breaks around it", "\n Acme \t\n", "Acme"],
    ["markup, which is data", "<b>'; drop table x; --", "<b>'; drop table x; --"],
  ])("takes a name with %s", async (_, name, stored) => {
    const row = only(await create({ userId }, name));

    expect(row.name).toBe(stored);
  });

  test.each([
    ["no name", null],
    ["an empty name", ""],
    ["a name of spaces", "   "],
    ["a name of line breaks", "\r\n\t"],
    ["a name of 256 characters", "x".repeat(256)],
  ])("refuses %s and writes nothing", async (_, name) => {
    const before = await countOrganizations();

    const raised = await raisedBy(create({ userId }, name));

    expect(raised).toMatchObject({
      code: "INVALID_REQUEST",
      status: 400,
      details: [{ path: "name", message: "must have 1 to 255 characters" }],
    });
    expect(await countOrganizations()).toBe(before);
  });

  test.each(["anon", "service_role"] as const)("is not for %s", async (persona) => {
    expect(await sqlStateOf(create(persona, "Acme"))).toBe("42501");
  });

  test("refuses a session without a user", async () => {
    const work = db.transaction(async (client) => {
      await client.query(
        "select set_config('role', 'authenticated', true), set_config('request.jwt.claims', '{}', true)",
      );
      await client.query("select public.create_organization('Acme')");
    });

    expect(await raisedBy(work)).toMatchObject({ code: "USER_REQUIRED", status: 401 });
  });

  test.each([
    ["is anonymous", "update auth.users set is_anonymous = true where id = $1"],
    [
      "is banned",
      "update auth.users set banned_until = now() + interval '1 hour' where id = $1",
    ],
    ["is gone", "delete from auth.users where id = $1"],
  ])("refuses a user whose account %s, and writes nothing", async (_, statement) => {
    const other = await createUser(db);
    await db.query(statement, [other]);
    const before = await countOrganizations();

    const raised = await raisedBy(create({ userId: other }, "Acme"));

    expect(raised).toMatchObject({ code: "ACCOUNT_REQUIRED", status: 403 });
    expect(await countOrganizations()).toBe(before);
  });

  test("lets a user in whose ban is over", async () => {
    const other = await createUser(db);
    await db.query(
      "update auth.users set banned_until = now() - interval '1 second' where id = $1",
      [other],
    );

    await expect(create({ userId: other }, "Acme")).resolves.toHaveLength(1);
  });
});
