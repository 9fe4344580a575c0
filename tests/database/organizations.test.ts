import { afterAll, describe, expect, test } from "vitest";
import { createTestDatabase, only } from "../support/test-database.ts";
import { createCast, eachRole, rowsFor } from "./support/cast.ts";
import { sqlStateOf } from "./support/rejection.ts";

const db = await createTestDatabase();
afterAll(() => db[Symbol.asyncDispose]());
const cast = await createCast(db);

describe("organizations", () => {
  test.each(eachRole("owner", "admin", "editor", "viewer", "memberOfTwo"))(
    "%s %s see the organisation",
    async (verdict, role) => {
      const rows = await rowsFor(
        db,
        cast[role],
        "select 1 from public.organizations where id = $1",
        [cast.orgId],
      );

      expect(rows).toBe(verdict === "lets" ? 1 : 0);
    },
  );

  test.each(eachRole("owner", "admin"))("%s %s rename it", async (verdict, role) => {
    const rows = await rowsFor(
      db,
      cast[role],
      "update public.organizations set name = 'Renamed' where id = $1 returning 1",
      [cast.orgId],
    );

    expect(rows).toBe(verdict === "lets" ? 1 : 0);
  });

  test.each(eachRole())("%s %s insert one", async (_, role) => {
    const work = db.as(
      cast[role],
      (client) => client.query("insert into public.organizations (name) values ('Mine')"),
    );

    expect(await sqlStateOf(work)).toBe("42501");
  });

  test.each(eachRole("owner"))("%s %s delete it", async (verdict, role) => {
    const { orgId, [role]: persona } = await createCast(db);

    const rows = await rowsFor(
      db,
      persona,
      "delete from public.organizations where id = $1 returning 1",
      [orgId],
    );

    expect(rows).toBe(verdict === "lets" ? 1 : 0);
  });

  test("leaves the sweeper its objects, and nobody else's", async () => {
    const { orgId, owner, strangerOrgId } = await createCast(db);
    const document = crypto.randomUUID();
    await db.query(
      `insert into storage.objects (bucket_id, name)
       select bucket, org_id || '/' || $1 || '/x.png'
       from unnest(array['documents', 'pointer-crops']) as bucket
       cross join unnest($2::uuid[]) as org_id`,
      [document, [orgId, strangerOrgId]],
    );

    await db.as(
      owner,
      (client) => client.query("delete from public.organizations where id = $1", [orgId]),
    );

    const listed = await db.query<{ bucket: string; path: string }>(
      "select bucket, path from private.storage_outbox where path like '%' || $1 || '%' order by bucket",
      [document],
    );
    const path = `${orgId}/${document}/x.png`;
    expect(listed).toEqual([{ bucket: "documents", path }, { bucket: "pointer-crops", path }]);
  });

  test.each(["id", "created_at", "updated_at"])(
    "keeps its owner from writing %s",
    async (column) => {
      const work = db.as(
        cast.owner,
        (client) =>
          client.query(`update public.organizations set ${column} = ${column} where id = $1`, [
            cast.orgId,
          ]),
      );

      expect(await sqlStateOf(work)).toBe("42501");
    },
  );

  test("shows a member of two organisations both", async () => {
    const rows = await db.as(
      cast.memberOfTwo,
      (client) => client.query<{ id: string }>("select id from public.organizations"),
    );

    expect(rows.map(({ id }) => id).sort()).toEqual([cast.orgId, cast.strangerOrgId].sort());
  });

  test("shows a banned user nothing, until the ban is over", async () => {
    const { userId } = cast.memberOfTwo as { userId: string };
    const organizations = "select 1 from public.organizations";
    const ban = (until: string) =>
      db.query(`update auth.users set banned_until = ${until} where id = $1`, [userId]);

    await ban("now() + interval '1 minute'");
    expect(await rowsFor(db, cast.memberOfTwo, organizations)).toBe(0);
    await ban("now() - interval '1 minute'");

    expect(await rowsFor(db, cast.memberOfTwo, organizations)).toBe(2);
  });

  test("shows a user whose account is gone nothing", async () => {
    const rows = await rowsFor(
      db,
      { userId: crypto.randomUUID() },
      "select 1 from public.organizations",
    );

    expect(rows).toBe(0);
  });

  test.each([["no name", ""], ["spaces", "   "], ["line breaks", "\n\t"], [
    "256 characters",
    "x".repeat(256),
  ], ["a megabyte of spaces", `x${" ".repeat(1_000_000)}`]])(
    "refuses to be renamed to %s",
    async (_, name) => {
      const work = db.as(
        cast.owner,
        (client) =>
          client.query("update public.organizations set name = $1 where id = $2", [
            name,
            cast.orgId,
          ]),
      );

      expect(await sqlStateOf(work)).toBe("23514");
    },
  );

  test("notes when it was changed", async () => {
    await db.query(
      "update public.organizations set updated_at = now() - interval '1 day' where id = $1",
      [cast.orgId],
    );
    await db.as(
      cast.owner,
      (client) =>
        client.query("update public.organizations set name = 'Newer' where id = $1", [cast.orgId]),
    );

    const row = only(
      await db.query<{ is_recent: boolean }>(
        `select updated_at > now() - interval '1 minute' as is_recent
         from public.organizations where id = $1`,
        [cast.orgId],
      ),
    );
    expect(row.is_recent).toBe(true);
  });
});
