import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { createTestDatabase } from "../support/test-database.ts";
import { type Cast, createCast, type Role } from "./support/cast.ts";
import { createMember, idOf, readRole, setRole } from "./support/members.ts";
import { raisedBy, sqlStateOf } from "./support/rejection.ts";

const db = await createTestDatabase();
afterAll(() => db[Symbol.asyncDispose]());
let cast: Cast;
beforeEach(async () => {
  cast = await createCast(db);
});

describe("set_member_role", () => {
  test.each<[Role, string, string]>([
    ["owner", "viewer", "owner"],
    ["owner", "admin", "viewer"],
    ["owner", "owner", "editor"],
    ["admin", "viewer", "admin"],
    ["admin", "editor", "viewer"],
    ["admin", "admin", "editor"],
  ])("lets an %s make an %s an %s", async (role, before, after) => {
    const member = await createMember(db, cast.orgId, before);

    expect(await setRole(db, cast[role], cast.orgId, member, after)).toBe(after);

    expect(await readRole(db, cast.orgId, member)).toBe(after);
  });

  test.each<[Role, string, string]>([
    ["admin", "viewer", "owner"],
    ["admin", "owner", "viewer"],
    ["editor", "viewer", "editor"],
    ["viewer", "viewer", "editor"],
    ["memberOfTwo", "viewer", "editor"],
  ])("does not let an %s make an %s an %s", async (role, before, after) => {
    const member = await createMember(db, cast.orgId, before);

    const raised = await raisedBy(setRole(db, cast[role], cast.orgId, member, after));

    expect(raised).toMatchObject({ code: "ROLE_TOO_LOW", status: 403 });
    expect(await readRole(db, cast.orgId, member)).toBe(before);
  });

  test.each<[Role, string]>([["viewer", "editor"], ["editor", "admin"], ["admin", "owner"]])(
    "does not let an %s become an %s",
    async (role, wanted) => {
      const raised = await raisedBy(setRole(db, cast[role], cast.orgId, cast[role], wanted));

      expect(raised.code).toBe("ROLE_TOO_LOW");
      expect(await readRole(db, cast.orgId, cast[role])).toBe(role);
    },
  );

  test("does not exist for a stranger's organisation", async () => {
    const raised = await raisedBy(setRole(db, cast.stranger, cast.orgId, cast.viewer, "editor"));

    expect(raised).toMatchObject({ code: "ORG_NOT_FOUND", status: 404 });
    expect(await readRole(db, cast.orgId, cast.viewer)).toBe("viewer");
  });

  test.each(["anon", "service_role"] as const)("is not for %s", async (persona) => {
    const work = setRole(db, persona, cast.orgId, cast.viewer, "owner");

    expect(await sqlStateOf(work)).toBe("42501");
  });

  test("keeps the only owner", async () => {
    const raised = await raisedBy(setRole(db, cast.owner, cast.orgId, cast.owner, "admin"));

    expect(raised).toMatchObject({ code: "OWNER_REQUIRED", status: 409 });
    expect(await readRole(db, cast.orgId, cast.owner)).toBe("owner");
  });

  test("lets an owner step down beside another", async () => {
    await createMember(db, cast.orgId, "owner");

    await setRole(db, cast.owner, cast.orgId, cast.owner, "viewer");

    expect(await readRole(db, cast.orgId, cast.owner)).toBe("viewer");
  });

  test("knows no member who is in another organisation only", async () => {
    const raised = await raisedBy(setRole(db, cast.owner, cast.orgId, cast.stranger, "viewer"));

    expect(raised).toMatchObject({ code: "MEMBER_NOT_FOUND", status: 404 });
    expect(await readRole(db, cast.strangerOrgId, cast.stranger)).toBe("owner");
  });

  test("changes one organisation of a member of two", async () => {
    await setRole(db, cast.owner, cast.orgId, cast.memberOfTwo, "admin");

    expect(await readRole(db, cast.orgId, cast.memberOfTwo)).toBe("admin");
    expect(await readRole(db, cast.strangerOrgId, cast.memberOfTwo)).toBe("editor");
  });

  test.each([null, "", "god", "OWNER"])("refuses the role %s", async (role) => {
    const raised = await raisedBy(setRole(db, cast.owner, cast.orgId, cast.viewer, role));

    expect(raised).toMatchObject({ code: "INVALID_REQUEST", details: [{ path: "role" }] });
  });

  test("takes effect with the member's next request", async () => {
    await setRole(db, cast.owner, cast.orgId, cast.editor, "viewer");

    const work = db.as(
      cast.editor,
      (client) =>
        client.query("insert into public.projects (org_id, name) values ($1, 'Mine')", [
          cast.orgId,
        ]),
    );
    expect(await sqlStateOf(work)).toBe("42501");
  });

  test("is refused to a banned admin", async () => {
    await db.query(
      "update auth.users set banned_until = now() + interval '1 hour' where id = $1",
      [idOf(cast.admin)],
    );

    const raised = await raisedBy(setRole(db, cast.admin, cast.orgId, cast.viewer, "editor"));

    expect(raised.code).toBe("ORG_NOT_FOUND");
  });
});
