import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { createTestDatabase } from "../support/test-database.ts";
import { type Cast, createCast, type Role, rowsFor } from "./support/cast.ts";
import { createMember, readRole, removeMember } from "./support/members.ts";
import { raisedBy, sqlStateOf } from "./support/rejection.ts";

const db = await createTestDatabase();
afterAll(() => db[Symbol.asyncDispose]());
let cast: Cast;
beforeEach(async () => {
  cast = await createCast(db);
});

describe("remove_member", () => {
  test.each<[Role, string]>([
    ["owner", "viewer"],
    ["owner", "admin"],
    ["owner", "owner"],
    ["admin", "viewer"],
    ["admin", "editor"],
    ["admin", "admin"],
  ])("lets an %s remove an %s", async (role, other) => {
    const member = await createMember(db, cast.orgId, other);

    await removeMember(db, cast[role], cast.orgId, member);

    expect(await readRole(db, cast.orgId, member)).toBeUndefined();
  });

  test.each<[Role, string]>([
    ["admin", "owner"],
    ["editor", "viewer"],
    ["viewer", "viewer"],
    ["memberOfTwo", "viewer"],
  ])("does not let an %s remove an %s", async (role, other) => {
    const member = await createMember(db, cast.orgId, other);

    const raised = await raisedBy(removeMember(db, cast[role], cast.orgId, member));

    expect(raised).toMatchObject({ code: "ROLE_TOO_LOW", status: 403 });
    expect(await readRole(db, cast.orgId, member)).toBe(other);
  });

  test("does not exist for a stranger's organisation", async () => {
    const raised = await raisedBy(removeMember(db, cast.stranger, cast.orgId, cast.viewer));

    expect(raised).toMatchObject({ code: "ORG_NOT_FOUND", status: 404 });
    expect(await readRole(db, cast.orgId, cast.viewer)).toBe("viewer");
  });

  test.each(["anon", "service_role"] as const)("is not for %s", async (persona) => {
    const work = removeMember(db, persona, cast.orgId, cast.viewer);

    expect(await sqlStateOf(work)).toBe("42501");
  });

  test("keeps the only owner", async () => {
    const raised = await raisedBy(removeMember(db, cast.owner, cast.orgId, cast.owner));

    expect(raised).toMatchObject({ code: "OWNER_REQUIRED", status: 409 });
  });

  test("knows no member who is in another organisation only", async () => {
    const raised = await raisedBy(removeMember(db, cast.owner, cast.orgId, cast.stranger));

    expect(raised).toMatchObject({ code: "MEMBER_NOT_FOUND", status: 404 });
    expect(await readRole(db, cast.strangerOrgId, cast.stranger)).toBe("owner");
  });

  test("closes the organisation at once, and no other", async () => {
    const organizations = "select 1 from public.organizations";
    expect(await rowsFor(db, cast.memberOfTwo, organizations)).toBe(2);

    await removeMember(db, cast.admin, cast.orgId, cast.memberOfTwo);

    expect(await rowsFor(db, cast.memberOfTwo, organizations)).toBe(1);
  });
});
