import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { createTestDatabase } from "../support/test-database.ts";
import { type Cast, createCast, type Role } from "./support/cast.ts";
import { createMember, leave, readRole } from "./support/members.ts";
import { raisedBy, sqlStateOf } from "./support/rejection.ts";

const db = await createTestDatabase();
afterAll(() => db[Symbol.asyncDispose]());
let cast: Cast;
beforeEach(async () => {
  cast = await createCast(db);
});

describe("leave_organization", () => {
  test.each<[Role]>([["viewer"], ["editor"], ["admin"]])("lets an %s go", async (role) => {
    await leave(db, cast[role], cast.orgId);

    expect(await readRole(db, cast.orgId, cast[role])).toBeUndefined();
  });

  test("keeps the only owner", async () => {
    const raised = await raisedBy(leave(db, cast.owner, cast.orgId));

    expect(raised).toMatchObject({ code: "OWNER_REQUIRED", status: 409 });
    expect(await readRole(db, cast.orgId, cast.owner)).toBe("owner");
  });

  test("lets an owner go who leaves another behind", async () => {
    await createMember(db, cast.orgId, "owner");

    await leave(db, cast.owner, cast.orgId);

    expect(await readRole(db, cast.orgId, cast.owner)).toBeUndefined();
  });

  test("leaves the organisation that is named, and no other", async () => {
    await leave(db, cast.memberOfTwo, cast.orgId);

    expect(await readRole(db, cast.orgId, cast.memberOfTwo)).toBeUndefined();
    expect(await readRole(db, cast.strangerOrgId, cast.memberOfTwo)).toBe("editor");
  });

  test("does not exist for a stranger's organisation", async () => {
    const raised = await raisedBy(leave(db, cast.stranger, cast.orgId));

    expect(raised).toMatchObject({ code: "ORG_NOT_FOUND", status: 404 });
  });

  test.each(["anon", "service_role"] as const)("is not for %s", async (persona) => {
    expect(await sqlStateOf(leave(db, persona, cast.orgId))).toBe("42501");
  });
});
