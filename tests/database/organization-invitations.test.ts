import { afterAll, describe, expect, test } from "vitest";
import { createTestDatabase } from "../support/test-database.ts";
import { createCast, eachRole, type Role, roles, rowsFor } from "./support/cast.ts";
import { createInvitee, invite } from "./support/invitations.ts";
import { sqlStateOf } from "./support/rejection.ts";

const db = await createTestDatabase();
afterAll(() => db[Symbol.asyncDispose]());
const cast = await createCast(db);
const invitee = await createInvitee(db);
await invite(db, cast.owner, cast.orgId, invitee.email);

describe("organization_invitations", () => {
  test.each(eachRole("owner", "admin"))("%s %s see who is invited", async (verdict, role) => {
    const rows = await rowsFor(db, cast[role], "select * from public.organization_invitations");

    expect(rows).toBe(verdict === "lets" ? 1 : 0);
  });

  test("hides from the invited what only the letter may say", async () => {
    expect(await rowsFor(db, invitee, "select * from public.organization_invitations")).toBe(0);
  });

  test.each(roles.flatMap((role) =>
    [
      [
        role,
        "insert",
        `insert into public.organization_invitations (org_id, email, role)
         values ('${cast.orgId}', 'me@example.test', 'owner')`,
      ],
      [role, "update", "update public.organization_invitations set role = 'owner'"],
      [role, "delete", "delete from public.organization_invitations"],
      [role, "look at tokens", "select from private.invitation_tokens"],
    ] satisfies [Role, string, string][]
  ))("keeps %s from an %s past the functions", async (role, _, statement) => {
    const work = db.as(cast[role], (client) => client.query(statement));

    expect(await sqlStateOf(work)).toBe("42501");
  });

  test("keeps the service role from the tokens", async () => {
    const work = db.as(
      "service_role",
      (client) => client.query("select from private.invitation_tokens"),
    );

    expect(await sqlStateOf(work)).toBe("42501");
  });

  test("are forgotten 90 days after their end", async () => {
    const old = await invite(db, cast.owner, cast.orgId, "old@example.test");
    const young = await invite(db, cast.owner, cast.orgId, "young@example.test");
    for (const [{ invitation_id }, days] of [[old, 91], [young, 89]] as const) {
      await db.query(
        `update public.organization_invitations
         set status = 'revoked', ended_at = now() - make_interval(days => $2) where id = $1`,
        [invitation_id, days],
      );
    }

    await db.query("select private.delete_old_invitations()");

    const left = await db.query<{ email: string }>(
      "select email from public.organization_invitations where org_id = $1 order by email",
      [cast.orgId],
    );
    expect(left.map(({ email }) => email)).toEqual([invitee.email, "young@example.test"].sort());
  });
});
