import { afterAll, describe, expect, test } from "vitest";
import { createUser } from "../support/personas.ts";
import { createTestDatabase } from "../support/test-database.ts";
import { createCast, eachRole, type Role, roles, rowsFor } from "./support/cast.ts";
import { countOwners, idOf, readRole } from "./support/members.ts";
import { raisedBy, sqlStateOf } from "./support/rejection.ts";

const db = await createTestDatabase();
afterAll(() => db[Symbol.asyncDispose]());
const cast = await createCast(db);
const newcomer = await createUser(db);

describe("organization_members", () => {
  test.each(eachRole("owner", "admin", "editor", "viewer", "memberOfTwo"))(
    "%s %s see who is in the organisation",
    async (verdict, role) => {
      const rows = await rowsFor(
        db,
        cast[role],
        "select 1 from public.organization_members where org_id = $1",
        [cast.orgId],
      );

      expect(rows).toBe(verdict === "lets" ? 5 : 0);
    },
  );

  test.each(roles.flatMap((role) =>
    [
      [role, "insert", `insert into public.organization_members values ($1, $2, 'owner')`],
      [
        role,
        "update",
        `update public.organization_members set role = 'owner'
         where org_id = $1 and user_id <> $2`,
      ],
      [
        role,
        "delete",
        `delete from public.organization_members
         where org_id = $1 and user_id <> $2`,
      ],
    ] satisfies [Role, string, string][]
  ))("keeps %s from an %s past the functions", async (role, _, statement) => {
    const work = db.as(cast[role], (client) => client.query(statement, [cast.orgId, newcomer]));

    expect(await sqlStateOf(work)).toBe("42501");
  });

  test("refuses a role that does not exist", async () => {
    const work = db.query("insert into public.organization_members values ($1, $2, 'god')", [
      cast.orgId,
      newcomer,
    ]);

    expect(await sqlStateOf(work)).toBe("23514");
  });

  test("holds a user once for each organisation", async () => {
    const { userId } = cast.editor as { userId: string };
    const work = db.query("insert into public.organization_members values ($1, $2, 'owner')", [
      cast.orgId,
      userId,
    ]);

    expect(await sqlStateOf(work)).toBe("23505");
  });

  test("loses a user with the account", async () => {
    const leaver = await createUser(db);
    await db.query("insert into public.organization_members values ($1, $2, 'viewer')", [
      cast.strangerOrgId,
      leaver,
    ]);

    await db.query("delete from auth.users where id = $1", [leaver]);

    const rows = await db.query("select from public.organization_members where user_id = $1", [
      leaver,
    ]);
    expect(rows).toHaveLength(0);
  });

  test.each([
    ["removed", "delete from public.organization_members where org_id = $1 and role = 'owner'"],
    [
      "demoted",
      "update public.organization_members set role = 'admin' where org_id = $1 and role = 'owner'",
    ],
    [
      "deleted with the account",
      `delete from auth.users where id in (
         select user_id from public.organization_members where org_id = $1 and role = 'owner')`,
    ],
  ])("keeps an owner from being %s past the functions", async (_, statement) => {
    const { orgId } = await createCast(db);

    const work = db.query(statement, [orgId]);

    expect(await raisedBy(work)).toMatchObject({ code: "OWNER_REQUIRED", status: 409 });
    expect(await countOwners(db, orgId)).toBe(1);
  });

  test("lets owners be exchanged in any order, and go with their organisation", async () => {
    const { orgId, editor } = await createCast(db);

    await db.transaction(async (client) => {
      await client.query(
        "delete from public.organization_members where org_id = $1 and role = 'owner'",
        [orgId],
      );
      await client.query(
        "update public.organization_members set role = 'owner' where org_id = $1 and user_id = $2",
        [orgId, idOf(editor)],
      );
    });
    expect(await countOwners(db, orgId)).toBe(1);
    await db.query("delete from public.organizations where id = $1", [orgId]);

    expect(await countOwners(db, orgId)).toBe(0);
  });

  test("lets an owner's account go in one transaction with the organisation", async () => {
    const { orgId, owner } = await createCast(db);

    await db.transaction(async (client) => {
      await client.query("delete from auth.users where id = $1", [idOf(owner)]);
      await client.query("delete from public.organizations where id = $1", [orgId]);
    });

    expect(await readRole(db, orgId, owner)).toBeUndefined();
  });
});
