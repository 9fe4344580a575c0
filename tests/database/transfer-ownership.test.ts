import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { createTestDatabase } from "../support/test-database.ts";
import { type Cast, createCast, type Role } from "./support/cast.ts";
import { countOwners, readRole, transfer } from "./support/members.ts";
import { raisedBy, sqlStateOf } from "./support/rejection.ts";

const db = await createTestDatabase();
afterAll(() => db[Symbol.asyncDispose]());
let cast: Cast;
beforeEach(async () => {
  cast = await createCast(db);
});

describe("transfer_ownership", () => {
  test.each<[Role]>([["admin"], ["editor"], ["viewer"]])(
    "makes an %s the owner, and the owner an admin",
    async (role) => {
      expect(await transfer(db, cast.owner, cast.orgId, cast[role])).toBe("owner");

      expect(await readRole(db, cast.orgId, cast[role])).toBe("owner");
      expect(await readRole(db, cast.orgId, cast.owner)).toBe("admin");
      expect(await countOwners(db, cast.orgId)).toBe(1);
    },
  );

  test.each<[Role]>([["admin"], ["editor"], ["viewer"]])("is not for an %s", async (role) => {
    const raised = await raisedBy(transfer(db, cast[role], cast.orgId, cast.memberOfTwo));

    expect(raised).toMatchObject({ code: "ROLE_TOO_LOW", status: 403 });
    expect(await readRole(db, cast.orgId, cast.owner)).toBe("owner");
  });

  test("does not exist for a stranger's organisation", async () => {
    const raised = await raisedBy(transfer(db, cast.stranger, cast.orgId, cast.stranger));

    expect(raised).toMatchObject({ code: "ORG_NOT_FOUND", status: 404 });
    expect(await countOwners(db, cast.orgId)).toBe(1);
  });

  test.each(["anon", "service_role"] as const)("is not for %s", async (persona) => {
    const work = transfer(db, persona, cast.orgId, cast.viewer);

    expect(await sqlStateOf(work)).toBe("42501");
  });

  test("gives nothing to somebody who is no member", async () => {
    const raised = await raisedBy(transfer(db, cast.owner, cast.orgId, cast.stranger));

    expect(raised).toMatchObject({ code: "MEMBER_NOT_FOUND", status: 404 });
    expect(await readRole(db, cast.orgId, cast.owner)).toBe("owner");
  });

  test("is nothing that an owner does alone", async () => {
    const raised = await raisedBy(transfer(db, cast.owner, cast.orgId, cast.owner));

    expect(raised).toMatchObject({ code: "INVALID_REQUEST", details: [{ path: "user_id" }] });
  });
});
