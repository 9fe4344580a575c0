import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { addMember } from "../support/personas.ts";
import { createTestDatabase } from "../support/test-database.ts";
import { type Cast, createCast } from "./support/cast.ts";
import { accept, createInvitee, invite, readStatus, revoke } from "./support/invitations.ts";
import { leave, readRole, removeMember, setRole } from "./support/members.ts";
import { raisedBy, sqlStateOf } from "./support/rejection.ts";

const db = await createTestDatabase();
afterAll(() => db[Symbol.asyncDispose]());
let cast: Cast;
let invitee: { userId: string; email: string };
beforeEach(async () => {
  cast = await createCast(db);
  invitee = await createInvitee(db);
});

/** The one answer to all that is not a good token of one's own. */
const refusal = {
  code: "INVITATION_NOT_FOUND",
  status: 404,
  message: "There is no such invitation for you",
  details: null,
  hint: "Sign in with the verified address that was invited, or ask for a new invitation",
};

describe("accept_invitation", () => {
  test("makes the invited address a member, in whatever case it is written", async () => {
    const { token, invitation_id } = await invite(
      db,
      cast.admin,
      cast.orgId,
      invitee.email.toUpperCase(),
      "editor",
    );
    await db.query("update auth.users set email = initcap(email) where id = $1", [invitee.userId]);

    expect(await accept(db, invitee, token)).toEqual({ org_id: cast.orgId, role: "editor" });

    expect(await readRole(db, cast.orgId, invitee)).toBe("editor");
    expect(await readStatus(db, invitation_id)).toBe("accepted");
  });

  test("works once", async () => {
    const { token } = await invite(db, cast.admin, cast.orgId, invitee.email);
    await accept(db, invitee, token);

    expect(await raisedBy(accept(db, invitee, token))).toEqual(refusal);
  });

  test("does not bring somebody back who has left", async () => {
    const { token } = await invite(db, cast.admin, cast.orgId, invitee.email);
    await accept(db, invitee, token);
    await leave(db, invitee, cast.orgId);

    expect(await raisedBy(accept(db, invitee, token))).toEqual(refusal);
    expect(await readRole(db, cast.orgId, invitee)).toBeUndefined();
  });

  test.each([
    ["a wrong token", () => Promise.resolve("0".repeat(64))],
    ["no token", () => Promise.resolve(null)],
    ["an empty token", () => Promise.resolve("")],
    ["a token of a megabyte", () => Promise.resolve("x".repeat(1_000_000))],
    ["the invitation's id", async () => {
      return (await invite(db, cast.admin, cast.orgId, invitee.email)).invitation_id;
    }],
    ["a token in capitals", async () => {
      return (await invite(db, cast.admin, cast.orgId, invitee.email)).token.toUpperCase();
    }],
    ["a token that was revoked", async () => {
      const { token, invitation_id } = await invite(db, cast.admin, cast.orgId, invitee.email);
      await revoke(db, cast.admin, invitation_id);
      return token;
    }],
    ["a token that has expired", async () => {
      const { token, invitation_id } = await invite(db, cast.admin, cast.orgId, invitee.email);
      await db.query(
        "update public.organization_invitations set expires_at = now() where id = $1",
        [invitation_id],
      );
      return token;
    }],
    ["a token for another address", async () => {
      return (await invite(db, cast.admin, cast.orgId, `x${invitee.email}`)).token;
    }],
  ])("answers the same to %s", async (_, token) => {
    const work = accept(db, invitee, await token());

    expect(await raisedBy(work)).toEqual(refusal);
    expect(await readRole(db, cast.orgId, invitee)).toBeUndefined();
  });

  test.each([
    ["whose address is not verified", { isVerified: false }],
    ["who is anonymous", { isAnonymous: true }],
  ])("answers the same to somebody %s", async (_, flaw) => {
    const other = await createInvitee(db, flaw);
    const { token, invitation_id } = await invite(db, cast.admin, cast.orgId, other.email);

    expect(await raisedBy(accept(db, other, token))).toEqual(refusal);
    expect(await readStatus(db, invitation_id)).toBe("open");
  });

  test("answers the same to a banned user, until the ban is over", async () => {
    const { token } = await invite(db, cast.admin, cast.orgId, invitee.email);
    const ban = (until: string) =>
      db.query(`update auth.users set banned_until = ${until} where id = $1`, [invitee.userId]);

    await ban("now() + interval '1 minute'");
    expect(await raisedBy(accept(db, invitee, token))).toEqual(refusal);
    await ban("now() - interval '1 minute'");

    expect((await accept(db, invitee, token)).org_id).toBe(cast.orgId);
  });

  test("reads the address from the account, not from the token", async () => {
    const { token } = await invite(db, cast.admin, cast.orgId, invitee.email);
    const thief = await createInvitee(db);
    const work = db.transaction(async (client) => {
      await client.query(
        `select set_config('request.jwt.claims', $1, true),
           set_config('request.jwt.claim.sub', $2, true),
           set_config('request.jwt.claim.email', $3, true), set_config('role', 'authenticated', true)`,
        [
          JSON.stringify({
            sub: thief.userId,
            role: "authenticated",
            email: invitee.email,
            user_metadata: { email: invitee.email, email_verified: true },
          }),
          thief.userId,
          invitee.email,
        ],
      );
      await client.query("select public.accept_invitation($1)", [token]);
    });

    expect(await raisedBy(work)).toEqual(refusal);
  });

  test("is nothing that the account of another can do", async () => {
    const { token } = await invite(db, cast.admin, cast.orgId, invitee.email);

    expect(await raisedBy(accept(db, cast.stranger, token))).toEqual(refusal);
    expect(await raisedBy(accept(db, cast.admin, token))).toEqual(refusal);

    expect((await accept(db, invitee, token)).org_id).toBe(cast.orgId);
  });

  test.each(["anon", "service_role"] as const)("is not for %s", async (persona) => {
    const { token } = await invite(db, cast.admin, cast.orgId, invitee.email);

    expect(await sqlStateOf(accept(db, persona, token))).toBe("42501");
  });

  test("fails for a user whose account is gone", async () => {
    const { token } = await invite(db, cast.admin, cast.orgId, invitee.email);
    await db.query("delete from auth.users where id = $1", [invitee.userId]);

    expect(await raisedBy(accept(db, invitee, token))).toEqual(refusal);
  });

  test.each([["viewer", "editor", "editor"], ["admin", "editor", "admin"]])(
    "leaves an %s who is invited as %s an %s",
    async (own, invited, after) => {
      const { token } = await invite(db, cast.admin, cast.orgId, invitee.email, invited);
      await addMember(db, cast.orgId, invitee.userId, own);

      expect((await accept(db, invitee, token)).role).toBe(after);
      expect(await readRole(db, cast.orgId, invitee)).toBe(after);
    },
  );

  test("answers the same when the inviter has been removed", async () => {
    const { token, invitation_id } = await invite(db, cast.admin, cast.orgId, invitee.email);

    await removeMember(db, cast.owner, cast.orgId, cast.admin);

    expect(await raisedBy(accept(db, invitee, token))).toEqual(refusal);
    expect(await readStatus(db, invitation_id)).toBe("revoked");
  });

  test("answers the same when the inviter's account is gone", async () => {
    const inviter = await createInvitee(db);
    await addMember(db, cast.orgId, inviter.userId, "admin");
    const { token } = await invite(db, inviter, cast.orgId, invitee.email);

    await db.query("delete from auth.users where id = $1", [inviter.userId]);

    expect(await raisedBy(accept(db, invitee, token))).toEqual(refusal);
  });

  test.each([
    ["owner", "owner", "admin", "revoked"],
    ["owner", "admin", "admin", "open"],
    ["admin", "viewer", "editor", "revoked"],
    ["admin", "viewer", "owner", "open"],
  ])("after an %s who invited an %s became %s, it is %s", async (before, role, after, status) => {
    const inviter = await createInvitee(db);
    await addMember(db, cast.orgId, inviter.userId, before);
    const { invitation_id } = await invite(db, inviter, cast.orgId, invitee.email, role);

    await setRole(db, cast.owner, cast.orgId, inviter, after);

    expect(await readStatus(db, invitation_id)).toBe(status);
  });
});
