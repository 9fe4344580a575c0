import { afterAll, describe, expect, test } from "vitest";
import { createTestDatabase } from "../support/test-database.ts";
import { createCast, type Role } from "./support/cast.ts";
import { accept, createInvitee, invite, readStatus, revoke } from "./support/invitations.ts";
import { raisedBy, sqlStateOf } from "./support/rejection.ts";

const db = await createTestDatabase();
afterAll(() => db[Symbol.asyncDispose]());
const cast = await createCast(db);

const inviteSomebody = () =>
  invite(db, cast.owner, cast.orgId, `${crypto.randomUUID()}@example.test`);

describe("revoke_invitation", () => {
  test.each<[Role]>([["owner"], ["admin"]])("lets an %s end an open one", async (role) => {
    const { invitation_id } = await inviteSomebody();

    await revoke(db, cast[role], invitation_id);

    expect(await readStatus(db, invitation_id)).toBe("revoked");
  });

  test.each<[Role]>([["editor"], ["viewer"], ["memberOfTwo"]])(
    "does not let an %s",
    async (role) => {
      const { invitation_id } = await inviteSomebody();

      const raised = await raisedBy(revoke(db, cast[role], invitation_id));

      expect(raised).toMatchObject({ code: "ROLE_TOO_LOW", status: 403 });
      expect(await readStatus(db, invitation_id)).toBe("open");
    },
  );

  test("answers a stranger as it answers for one that does not exist", async () => {
    const { invitation_id } = await inviteSomebody();

    const foreign = await raisedBy(revoke(db, cast.stranger, invitation_id));
    const missing = await raisedBy(revoke(db, cast.stranger, crypto.randomUUID()));

    expect(foreign).toMatchObject({ code: "INVITATION_NOT_FOUND", status: 404 });
    expect(foreign).toEqual(missing);
    expect(await readStatus(db, invitation_id)).toBe("open");
  });

  test.each(["anon", "service_role"] as const)("is not for %s", async (persona) => {
    const { invitation_id } = await inviteSomebody();

    expect(await sqlStateOf(revoke(db, persona, invitation_id))).toBe("42501");
  });

  test("finds none that has ended", async () => {
    const invitee = await createInvitee(db);
    const { invitation_id, token } = await invite(db, cast.admin, cast.orgId, invitee.email);
    await accept(db, invitee, token);

    const raised = await raisedBy(revoke(db, cast.admin, invitation_id));

    expect(raised.code).toBe("INVITATION_NOT_FOUND");
    expect(await readStatus(db, invitation_id)).toBe("accepted");
  });
});
