import { afterAll, describe, expect, test } from "vitest";
import { createTestDatabase } from "../support/test-database.ts";
import { createCast } from "../database/support/cast.ts";
import { accept, createInvitee, invite, revoke } from "../database/support/invitations.ts";
import {
  countOwners,
  createMember,
  idOf,
  leave,
  readRole,
  removeMember,
  setRole,
  transfer,
} from "../database/support/members.ts";
import { createGate, times, untilBlocked } from "./support/concurrency.ts";
import { pauseMidway } from "./support/pause-midway.ts";

const db = await createTestDatabase();
afterAll(() => db[Symbol.asyncDispose]());

/** The code that a call was refused with, or `ok`. */
const outcome = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "ok",
    (error) => error.code === "PGRST" ? JSON.parse(error.message).code : error.code,
  );

/** An organisation with two owners and nobody else who could be one. */
async function createTwoOwners() {
  const { orgId, owner } = await createCast(db);
  return { orgId, owners: [owner, await createMember(db, orgId, "owner")] as const };
}

describe("two owners at once", () => {
  test("who leave leave one behind", async () => {
    for (let round = 0; round < 20; round++) {
      const { orgId, owners } = await createTwoOwners();

      const outcomes = await Promise.all(owners.map((owner) => outcome(leave(db, owner, orgId))));

      expect(outcomes.sort()).toEqual(["OWNER_REQUIRED", "ok"]);
      expect(await countOwners(db, orgId)).toBe(1);
    }
  });

  test("who remove each other leave one behind", async () => {
    for (let round = 0; round < 20; round++) {
      const { orgId, owners: [first, second] } = await createTwoOwners();

      const outcomes = await Promise.all([
        outcome(removeMember(db, first, orgId, second)),
        outcome(removeMember(db, second, orgId, first)),
      ]);

      expect(outcomes.sort()).toEqual(["ORG_NOT_FOUND", "ok"]);
      expect(await countOwners(db, orgId)).toBe(1);
    }
  });

  test("of whom one steps down and the other transfers leave one behind", async () => {
    for (let round = 0; round < 20; round++) {
      const { orgId, owners: [first, second] } = await createTwoOwners();

      await Promise.all([
        outcome(setRole(db, first, orgId, first, "viewer")),
        outcome(transfer(db, second, orgId, first)),
      ]);

      expect(await countOwners(db, orgId)).toBe(1);
    }
  });

  test("who transfer to each other end as one", async () => {
    for (let round = 0; round < 20; round++) {
      const { orgId, owners: [first, second] } = await createTwoOwners();

      const outcomes = await Promise.all([
        outcome(transfer(db, first, orgId, second)),
        outcome(transfer(db, second, orgId, first)),
      ]);

      expect(outcomes).toEqual(["ok", "ok"]);
      expect(await countOwners(db, orgId)).toBe(1);
    }
  });

  test.each(["read committed", "repeatable read", "serializable"])(
    "who are deleted past the functions leave one behind under %s",
    async (isolation) => {
      const { orgId, owners } = await createTwoOwners();
      const gates = [createGate(), createGate()] as const;
      const remove = (index: 0 | 1) =>
        outcome(db.transaction(async (client) => {
          await client.query(`set transaction isolation level ${isolation}`);
          await client.query(
            "delete from public.organization_members where org_id = $1 and user_id = $2",
            [orgId, idOf(owners[index])],
          );
          gates[index].open();
          // Neither ends before the other has deleted, too.
          await gates[1 - index]!.passed;
        }));

      const outcomes = await Promise.all([remove(0), remove(1)]);

      expect(outcomes.filter((code) => code === "ok")).toHaveLength(1);
      expect(await countOwners(db, orgId)).toBe(1);
    },
  );

  test("whose accounts are deleted leave one behind", async () => {
    const { orgId, owners } = await createTwoOwners();

    const outcomes = await Promise.all(
      owners.map((owner) =>
        outcome(db.query("delete from auth.users where id = $1", [idOf(owner)]))
      ),
    );

    expect(outcomes.sort()).toEqual(["OWNER_REQUIRED", "ok"]);
    expect(await countOwners(db, orgId)).toBe(1);
  });
});

describe("an admin who is being removed", () => {
  test("gives no role while it is happening", async () => {
    const { orgId, owner, admin, viewer } = await createCast(db);
    const endRemoval = await pauseMidway(
      (work) => db.as(owner, work),
      async (client, pause) => {
        await client.query("select public.remove_member($1, $2)", [orgId, idOf(admin)]);
        await pause();
      },
    );

    const promotion = outcome(setRole(db, admin, orgId, viewer, "admin"));
    await untilBlocked(db, "set_member_role");
    await endRemoval();

    expect(await promotion).toBe("ORG_NOT_FOUND");
    expect(await readRole(db, orgId, viewer)).toBe("viewer");
  });
});

describe("an invitation", () => {
  test("that is accepted several times at once is accepted once", async () => {
    for (let round = 0; round < 10; round++) {
      const { orgId, admin } = await createCast(db);
      const invitee = await createInvitee(db);
      const { token } = await invite(db, admin, orgId, invitee.email);

      const outcomes = await times(4, () => outcome(accept(db, invitee, token)));

      expect(outcomes.sort()).toEqual([...Array(3).fill("INVITATION_NOT_FOUND"), "ok"]);
    }
  });

  test("that is accepted and revoked at once is one of both", async () => {
    for (let round = 0; round < 20; round++) {
      const { orgId, admin } = await createCast(db);
      const invitee = await createInvitee(db);
      const { token, invitation_id } = await invite(db, admin, orgId, invitee.email);

      const [accepted, revoked] = await Promise.all([
        outcome(accept(db, invitee, token)),
        outcome(revoke(db, admin, invitation_id)),
      ]);

      expect([accepted, revoked].sort()).toEqual(["INVITATION_NOT_FOUND", "ok"]);
      expect(await readRole(db, orgId, invitee)).toBe(accepted === "ok" ? "viewer" : undefined);
    }
  });

  test("of one address several times at once leaves one open", async () => {
    const { orgId, admin, owner } = await createCast(db);
    const { email } = await createInvitee(db);

    const outcomes = await times(
      6,
      (index) => outcome(invite(db, index % 2 ? admin : owner, orgId, email)),
    );

    const open = await db.query(
      "select from public.organization_invitations where org_id = $1 and status = 'open'",
      [orgId],
    );
    expect(outcomes).toEqual(Array(6).fill("ok"));
    expect(open).toHaveLength(1);
  });
});
