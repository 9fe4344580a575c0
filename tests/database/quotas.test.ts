import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { createOrganization, createUser } from "../support/personas.ts";
import { createTestDatabase } from "../support/test-database.ts";
import { type Cast, createCast, eachRole, roles, rowsFor } from "./support/cast.ts";
import { createProject } from "./support/drawings.ts";
import { invite } from "./support/invitations.ts";
import { idOf } from "./support/members.ts";
import {
  documentName,
  exceeded,
  readUsed,
  searchWords,
  setBaseQuota,
  setQuota,
} from "./support/quotas.ts";
import { raisedBy, sqlStateOf } from "./support/rejection.ts";

const db = await createTestDatabase();
afterAll(() => db[Symbol.asyncDispose]());
let cast: Cast;
beforeEach(async () => {
  cast = await createCast(db);
});

describe("organization_quotas", () => {
  test.each(eachRole("owner", "admin", "editor", "viewer", "memberOfTwo"))(
    "%s %s see them",
    async (verdict, role) => {
      await setQuota(db, cast.orgId, "rows", 5);

      const rows = await rowsFor(
        db,
        cast[role],
        "select 1 from public.organization_quotas where org_id = $1",
        [cast.orgId],
      );

      expect(rows).toBe(verdict === "lets" ? 1 : 0);
    },
  );

  test.each(roles.flatMap((role) => [
    [role, "insert into public.organization_quotas values ($1, 'rows', null)"] as const,
    [role, "update public.organization_quotas set max_count = null where org_id = $1"] as const,
    [role, "delete from public.organization_quotas where org_id = $1"] as const,
  ]))("keep %s from: %s", async (role, statement) => {
    const work = db.as(cast[role], (client) => client.query(statement, [cast.orgId]));

    expect(await sqlStateOf(work)).toBe("42501");
  });

  test.each(["private.quotas", "private.minute_counts", "private.row_counts"])(
    "keep an owner and the service role from %s",
    async (table) => {
      for (const persona of [cast.owner, "service_role" as const]) {
        const work = db.as(persona, (client) => client.query(`select from ${table}`));

        expect(await sqlStateOf(work)).toBe("42501");
      }
    },
  );
});

describe("list_quotas", () => {
  test("shows a member what is used and what may be", async () => {
    await createProject(db, cast.editor, cast.orgId);
    await setQuota(db, cast.orgId, "bytes", null);
    await db.query(
      `insert into storage.objects (bucket_id, name, metadata) values ('documents', $1, '{"size": 7}')`,
      [documentName(cast.orgId)],
    );
    await searchWords(db, cast.viewer, cast.orgId);

    const rows = await db.as(
      cast.viewer,
      (client) =>
        client.query<{ name: string; used: number; max: number | null }>(
          `select name, used_count::integer as used, max_count::double precision as max
           from public.list_quotas($1) order by name`,
          [cast.orgId],
        ),
    );

    expect(rows).toEqual([
      { name: "bytes", used: 7, max: null },
      { name: "objects", used: 1, max: 50_000 },
      { name: "open_invitations", used: 0, max: 200 },
      { name: "open_jobs", used: 0, max: 20_000 },
      // The project, and its five Experience files.
      { name: "rows", used: 6, max: 200_000 },
      { name: "searches_per_minute", used: 1, max: 3000 },
      { name: "tokens_per_day", used: 0, max: 100_000_000 },
    ]);
  });

  test("does not exist for a stranger's organisation", async () => {
    const raised = await raisedBy(readUsed(db, cast.stranger, cast.orgId, "rows"));

    expect(raised).toMatchObject({ code: "ORG_NOT_FOUND", status: 404 });
  });

  test("is not for anon", async () => {
    expect(await sqlStateOf(readUsed(db, "anon", cast.orgId, "rows"))).toBe("42501");
  });
});

describe("the quotas of people", () => {
  test("refuse one invitation too many, until one has ended", async () => {
    await setQuota(db, cast.orgId, "open_invitations", 1);
    await invite(db, cast.admin, cast.orgId, "a@example.test");

    const raised = await raisedBy(invite(db, cast.admin, cast.orgId, "b@example.test"));

    expect(raised).toMatchObject(exceeded("open_invitations", 1));
    await expect(invite(db, cast.admin, cast.orgId, "a@example.test")).resolves.toBeDefined();
    await db.query(
      "update public.organization_invitations set expires_at = now() where org_id = $1",
      [cast.orgId],
    );
    await expect(invite(db, cast.admin, cast.orgId, "b@example.test")).resolves.toBeDefined();
  });

  test("refuse one organisation too many of one owner, and nobody else's", async () => {
    const userId = await createUser(db);
    await setBaseQuota(db, "owned_organizations", 2);
    await createOrganization(db, userId);
    await createOrganization(db, userId);

    const raised = await raisedBy(createOrganization(db, userId));

    expect(raised).toMatchObject(exceeded("owned_organizations", 2));
    await expect(createOrganization(db, idOf(cast.viewer))).resolves.toBeDefined();
    await setBaseQuota(db, "owned_organizations", 50);
  });
});
