import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createTestDatabase } from "../support/test-database.ts";
import { buckets } from "./sweep/buckets.ts";
import { checkBucket } from "./sweep/check-bucket.ts";
import { checkCall } from "./sweep/check-call.ts";
import { checkTable } from "./sweep/check-table.ts";
import {
  discoverBuckets,
  discoverFunctions,
  discoverRoutes,
  discoverTables,
  findGaps,
} from "./sweep/discover.ts";
import { functions } from "./sweep/functions.ts";
import { argumentsOf } from "./sweep/make-arguments.ts";
import { type Person, ranks } from "./sweep/people.ts";
import { routes } from "./sweep/routes.ts";
import { tables } from "./sweep/tables.ts";
import { createWorld, type World } from "./sweep/world.ts";

let world: World;
beforeAll(async () => {
  world = await createWorld();
}, 120_000);
afterAll(() => world?.[Symbol.asyncDispose]());

describe("every one has an access test", () => {
  test("of the routes", async () => {
    expect(findGaps(await discoverRoutes(), routes)).toEqual([]);
  });

  test("of the tables and views, the functions and the buckets", async () => {
    const { database } = world.own.stack;

    expect(findGaps(await discoverTables(database), tables)).toEqual([]);
    expect(findGaps(await discoverFunctions(database), functions)).toEqual([]);
    expect(findGaps(await discoverBuckets(database), buckets)).toEqual([]);
  });

  test("and whatever is new has none and is named", async () => {
    await using database = await createTestDatabase();
    await database.exec(
      `create table public.forgotten_table (id integer);
       create view public.forgotten_view as select 1 as one;
       create function public.forgotten() returns integer language sql return 1;
       create function public.get_org_id(integer) returns integer language sql return 1;
       insert into storage.buckets (id, name) values ('forgotten', 'forgotten');`,
    );

    expect(findGaps(await discoverTables(database), tables)).toEqual([
      "has no access test: forgotten_table",
      "has no access test: forgotten_view",
    ]);
    expect(findGaps(await discoverFunctions(database), functions)).toEqual([
      "has no access test: forgotten",
      "has no access test: get_org_id",
    ]);
    expect(findGaps(await discoverBuckets(database), buckets)).toEqual([
      "has no access test: forgotten",
    ]);
    const { "POST /search": _, ...others } = routes;
    expect(findGaps(await discoverRoutes(), others)).toEqual(["has no access test: POST /search"]);
    expect(findGaps([], { gone: null })).toEqual(["is gone: gone"]);
  });

  test("and a function that answers past handle has none and is named", async () => {
    const folder = new URL(`file://${await Deno.makeTempDir({ prefix: "maestro-test-" })}/`);
    await Deno.mkdir(new URL("open", folder));
    await Deno.writeTextFile(
      new URL("open/index.ts", folder),
      'export default { fetch: () => new Response("everything") };',
    );

    const found = await discoverRoutes(folder);
    await Deno.remove(folder, { recursive: true });

    expect(findGaps(found, {})).toEqual(["has no access test: ANY /open/*"]);
  });
});

describe("a route is closed to whom it is not for", () => {
  test.each(Object.entries(routes))("%s", async (route, access) => {
    const { path, body } = await access.call(world);

    await checkCall(
      access,
      (person) => world.ask(person, route.split(" ")[0]!, `/functions/v1${path}`, { body }),
    );
  });
});

describe("a function is closed to whom it is not for", () => {
  test.each(Object.entries(functions))("%s", async (name, access) => {
    const post = (args: object) => (person: Person) =>
      world.ask(person, "POST", `/rest/v1/rpc/${name}`, { body: args });
    if (access !== "backend") return await checkCall(access, post(await access.args(world)));

    const send = post(await argumentsOf(world.own.stack.database, name));
    for (const person of ranks) {
      const { status, text } = await send(person);
      expect([401, 403], `${person}: ${text}`).toContain(status);
    }
    // What it makes of such arguments is not asked here, only that it was let through.
    const { text } = await send("service");
    expect(text).not.toMatch(/permission denied|"PGRST\d+"/);
  });
});

describe("a table is closed to whom it is not for", () => {
  test.each(Object.entries(tables))("%s", async (name, access) => {
    await checkTable(world, name, access);
  });
});

describe("a bucket is closed to whom it is not for", () => {
  test.each(Object.entries(buckets))("%s", async (bucket, access) => {
    await checkBucket(world, bucket, access);
  });
});
