import { afterAll, describe, expect, test } from "vitest";
import { createUser } from "../support/personas.ts";
import { createTestDatabase, only, type Persona } from "../support/test-database.ts";
import { createCast } from "./support/cast.ts";
import { raisedBy, sqlStateOf } from "./support/rejection.ts";

const db = await createTestDatabase();
afterAll(() => db[Symbol.asyncDispose]());
const cast = await createCast(db);

async function getOrgId(
  persona: Persona,
  orgId: string | null = null,
  minRole: string | null = "viewer",
): Promise<string> {
  const rows = await db.as(
    persona,
    (client) =>
      client.query<{ id: string }>("select public.get_org_id($1, $2) as id", [orgId, minRole]),
  );
  return only(rows).id;
}

describe("get_org_id", () => {
  test("means the only organisation when none is named", async () => {
    expect(await getOrgId(cast.viewer)).toBe(cast.orgId);
  });

  test("means the named organisation", async () => {
    expect(await getOrgId(cast.memberOfTwo, cast.strangerOrgId)).toBe(cast.strangerOrgId);
  });

  test("asks a member of two organisations which one", async () => {
    const raised = await raisedBy(getOrgId(cast.memberOfTwo));

    expect(raised).toMatchObject({ code: "ORG_REQUIRED", status: 400, hint: "Send orgId" });
    expect((raised.details as { org_ids: string[] }).org_ids.sort()).toEqual(
      [cast.orgId, cast.strangerOrgId].sort(),
    );
  });

  test("does not tell a foreign organisation from a missing one", async () => {
    const foreign = await raisedBy(getOrgId(cast.stranger, cast.orgId));
    const missing = await raisedBy(getOrgId(cast.stranger, crypto.randomUUID()));

    expect(foreign).toMatchObject({ code: "ORG_NOT_FOUND", status: 404 });
    expect(missing).toEqual(foreign);
  });

  test("finds none for a user without organisation", async () => {
    const raised = await raisedBy(getOrgId({ userId: await createUser(db) }));

    expect(raised).toMatchObject({ code: "ORG_NOT_FOUND", status: 404 });
  });

  test.each(
    [
      ["owner", "owner"],
      ["owner", "viewer"],
      ["admin", "admin"],
      ["editor", "editor"],
      ["viewer", "viewer"],
    ] as const,
  )("lets %s act as %s", async (role, minRole) => {
    expect(await getOrgId(cast[role], cast.orgId, minRole)).toBe(cast.orgId);
  });

  test.each(
    [
      ["admin", "owner"],
      ["editor", "admin"],
      ["viewer", "editor"],
      ["memberOfTwo", "editor"],
    ] as const,
  )("keeps %s from acting as %s", async (role, minRole) => {
    const raised = await raisedBy(getOrgId(cast[role], cast.orgId, minRole));

    expect(raised).toMatchObject({
      code: "ROLE_TOO_LOW",
      status: 403,
      details: { required_role: minRole },
    });
  });

  test.each([["an unknown role", "god"], ["no role", null]])(
    "lets nobody act as %s",
    async (_, minRole) => {
      const raised = await raisedBy(getOrgId(cast.owner, cast.orgId, minRole));

      expect(raised.code).toBe("ROLE_TOO_LOW");
    },
  );

  test.each(["anon", "service_role"] as const)("is not for %s", async (persona) => {
    expect(await sqlStateOf(getOrgId(persona))).toBe("42501");
  });

  test("is not misled by a table of the caller's with the name of ours", async () => {
    const { userId } = cast.stranger as { userId: string };
    const work = db.as(cast.stranger, async (client) => {
      await client.query(
        "create temporary table organization_members (org_id uuid, user_id uuid, role text)",
      );
      await client.query("insert into organization_members values ($1, $2, 'owner')", [
        cast.orgId,
        userId,
      ]);
      await client.query("set local search_path = pg_temp, public, private");
      return await client.query("select public.get_org_id($1)", [cast.orgId]);
    });

    expect(await raisedBy(work)).toMatchObject({ code: "ORG_NOT_FOUND" });
  });
});
