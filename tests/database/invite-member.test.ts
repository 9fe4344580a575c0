import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { createTestDatabase, only } from "../support/test-database.ts";
import { type Cast, createCast, type Role } from "./support/cast.ts";
import { accept, createInvitee, invite, readStatus } from "./support/invitations.ts";
import { raisedBy, sqlStateOf } from "./support/rejection.ts";

const db = await createTestDatabase();
afterAll(() => db[Symbol.asyncDispose]());
let cast: Cast;
beforeEach(async () => {
  cast = await createCast(db);
});

async function countInvitations(orgId: string): Promise<number> {
  const rows = await db.query(
    "select from public.organization_invitations where org_id = $1",
    [orgId],
  );
  return rows.length;
}

describe("invite_member", () => {
  test.each<[Role, string]>([
    ["owner", "owner"],
    ["owner", "admin"],
    ["owner", "viewer"],
    ["admin", "admin"],
    ["admin", "editor"],
    ["admin", "viewer"],
  ])("lets an %s invite an %s", async (role, wanted) => {
    const invitee = await createInvitee(db);

    const { token } = await invite(db, cast[role], cast.orgId, invitee.email, wanted);

    expect(await accept(db, invitee, token)).toEqual({ org_id: cast.orgId, role: wanted });
  });

  test.each<[Role, string]>([
    ["admin", "owner"],
    ["editor", "viewer"],
    ["viewer", "viewer"],
    ["memberOfTwo", "viewer"],
  ])("does not let an %s invite an %s", async (role, wanted) => {
    const work = invite(db, cast[role], cast.orgId, "friend@example.test", wanted);

    expect(await raisedBy(work)).toMatchObject({ code: "ROLE_TOO_LOW", status: 403 });
    expect(await countInvitations(cast.orgId)).toBe(0);
  });

  test("does not exist for a stranger's organisation", async () => {
    const work = invite(db, cast.stranger, cast.orgId, "friend@example.test");

    expect(await raisedBy(work)).toMatchObject({ code: "ORG_NOT_FOUND", status: 404 });
    expect(await countInvitations(cast.orgId)).toBe(0);
  });

  test.each(["anon", "service_role"] as const)("is not for %s", async (persona) => {
    const work = invite(db, persona, cast.orgId, "friend@example.test");

    expect(await sqlStateOf(work)).toBe("42501");
  });

  test.each([
    ["no address", null],
    ["an empty one", ""],
    ["one without @", "friend"],
    ["one without a name", "@example.test"],
    ["one with two", "a@b@c"],
    ["one with a space", "a b@example.test"],
    ["one with a line break", "a@example.test\nBcc: b@example.test"],
    ["one of 255 characters", `${"x".repeat(242)}@example.test`],
  ])("refuses %s", async (_, email) => {
    const raised = await raisedBy(invite(db, cast.admin, cast.orgId, email));

    expect(raised).toMatchObject({ code: "INVALID_REQUEST", details: [{ path: "email" }] });
  });

  test.each([null, "", "god"])("refuses the role %s", async (role) => {
    const raised = await raisedBy(invite(db, cast.owner, cast.orgId, "friend@example.test", role));

    expect(raised).toMatchObject({ code: "INVALID_REQUEST", details: [{ path: "role" }] });
  });

  test("takes the place of the open invitation of the address", async () => {
    const invitee = await createInvitee(db);
    const first = await invite(db, cast.admin, cast.orgId, invitee.email, "editor");

    const second = await invite(db, cast.admin, cast.orgId, ` ${invitee.email.toUpperCase()} `);

    expect(await readStatus(db, first.invitation_id)).toBe("revoked");
    expect((await raisedBy(accept(db, invitee, first.token))).code).toBe("INVITATION_NOT_FOUND");
    expect((await accept(db, invitee, second.token)).role).toBe("viewer");
  });

  test("leaves the invitation of another organisation open", async () => {
    const invitee = await createInvitee(db);
    const other = await invite(db, cast.stranger, cast.strangerOrgId, invitee.email);

    await invite(db, cast.admin, cast.orgId, invitee.email);

    expect(await readStatus(db, other.invitation_id)).toBe("open");
  });

  test("refuses the address of a member, however it is written", async () => {
    const member = await createInvitee(db);
    const { token } = await invite(db, cast.admin, cast.orgId, member.email);
    await accept(db, member, token);

    const raised = await raisedBy(
      invite(db, cast.admin, cast.orgId, member.email.toUpperCase()),
    );

    expect(raised).toMatchObject({ code: "ALREADY_MEMBER", status: 409 });
  });

  test("does not say whether an address has an account", async () => {
    const { email } = await createInvitee(db);

    const known = await invite(db, cast.admin, cast.orgId, email);
    const unknown = await invite(db, cast.admin, cast.orgId, "nobody@example.test");

    expect(Object.keys(known)).toEqual(Object.keys(unknown));
  });

  test("is good for seven days", async () => {
    const { expires_at } = await invite(db, cast.admin, cast.orgId, "friend@example.test");

    const days = (new Date(expires_at).getTime() - Date.now()) / 86_400_000;
    expect(days).toBeGreaterThan(6.9);
    expect(days).toBeLessThan(7.1);
  });

  test("stores the token nowhere", async () => {
    const { token } = await invite(db, cast.admin, cast.orgId, "friend@example.test");

    const rows = await db.query(
      `select to_jsonb(own)::text as line from public.organization_invitations as own
       union all select to_jsonb(own)::text from private.invitation_tokens as own
       union all select to_jsonb(own)::text from public.audit_events as own`,
    );
    expect(token).toMatch(/^[0-9a-f]{64}$/);
    expect(rows.length).toBeGreaterThan(3);
    expect(JSON.stringify(rows)).not.toContain(token);
    const hash = only(
      await db.query<{ known: boolean }>(
        `select exists (
           select from private.invitation_tokens
           where token_hash = sha256(convert_to($1, 'UTF8'))
         ) as known`,
        [token],
      ),
    );
    expect(hash.known).toBe(true);
  });
});
