import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { createWorld, type World } from "../attacks/sweep/world.ts";

vi.setConfig({ testTimeout: 60_000 });

let world: World;
let tables: string[];

beforeAll(async () => {
  world = await createWorld();
  const rows = await world.look<{ name: string }>(
    `select format('%I.%I', namespace.nspname, class.relname) as name
     from pg_attribute as attribute
     join pg_class as class on class.oid = attribute.attrelid and class.relkind in ('r', 'p')
     join pg_namespace as namespace on namespace.oid = class.relnamespace
     where attribute.attname = 'org_id' and namespace.nspname in ('public', 'private')
     order by 1`,
  );
  tables = rows.map(({ name }) => name);
}, 120_000);
afterAll(() => world[Symbol.asyncDispose]());

/** The tables that have rows of the organisation. */
async function listFilled(): Promise<string[]> {
  const filled = [];
  for (const table of tables) {
    const rows = await world.look(`select from ${table} where org_id = $1 limit 1`, [world.orgId]);
    if (rows.length > 0) filled.push(table);
  }
  return filled;
}

test("a member who made everything in it can be deleted, and it stays", async () => {
  const { users: { editor }, own } = world;
  const filled = await listFilled();

  await own.stack.database.query("delete from auth.users where id = $1", [editor.id]);

  expect(await listFilled()).toEqual(filled);
});

test("an organisation with everything in it is deleted by its owner, and leaves no row", async () => {
  const { users: { owner }, orgId } = world;
  expect(await listFilled()).toEqual(expect.arrayContaining([
    "public.conversations",
    "public.mono_training_chunks",
    "public.pointers",
    "public.training_file_conversations",
  ]));

  await owner.client.from("organizations").delete().eq("id", orgId).throwOnError();

  // Who deleted what is asked for later.
  expect(await listFilled()).toEqual(["public.audit_events"]);
});
