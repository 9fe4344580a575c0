import { afterAll, describe, expect, test } from "vitest";
import { createTestDatabase } from "../support/test-database.ts";
import { createCast } from "../database/support/cast.ts";
import { type ApiFunction, callApiFunction, listApiFunctions } from "./support/api-functions.ts";
import { prepareArguments } from "./support/right-arguments.ts";

const db = await createTestDatabase();
afterAll(() => db[Symbol.asyncDispose]());
const cast = await createCast(db);
const argumentsFor = await prepareArguments(db, cast);
// Whoever has the key of the service role needs no trick.
const functions = (await listApiFunctions(db)).filter(({ role }) => role === "authenticated");
const names = await db.query<{ name: string }>(
  `select distinct relname as name from pg_class
   where relnamespace in ('public'::regnamespace, 'private'::regnamespace) and relkind in ('r', 'v')`,
);

/**
 * What somebody with a connection of their own plants: tables without rows or columns under the
 * names of all of ours, functions that say yes to everything, and a path that finds them first.
 */
const planted = [
  ...names.map(({ name }) => `create temporary table "${name}" ()`),
  "create function pg_temp.now() returns timestamptz language sql as $$ select 'infinity'::timestamptz $$",
  "create function pg_temp.get_member_org_ids(text) returns setof uuid language sql as $$ select null::uuid $$",
  "create function pg_temp.coalesce(text, text) returns text language sql as $$ select null::text $$",
  "set local search_path = pg_temp, public, private",
];

const call = (one: ApiFunction, before: string[]) =>
  callApiFunction(db, cast.owner, one, argumentsFor(one.name), before);

describe("tables and functions of a caller with the names of ours", () => {
  test.each(functions)("change nothing of what $name answers", async (one) => {
    const before = await call(one, []);

    expect(await call(one, planted)).toBe(before);
  });

  test("mislead a function that does not say where its names are", async () => {
    await db.exec(`
      create function public.count_organizations() returns bigint
      language plpgsql stable as $$ begin return (select count(id) from organizations); end $$;
      grant execute on function public.count_organizations() to authenticated
    `);
    const naive: ApiFunction = {
      name: "count_organizations",
      role: "authenticated",
      parameters: [],
    };

    expect(await call(naive, [])).toBeNull();
    expect(await call(naive, planted)).toBe("42703");
  });
});
