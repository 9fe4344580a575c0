import { afterAll, describe, expect, test } from "vitest";
import { createTestDatabase } from "../support/test-database.ts";

const db = await createTestDatabase();
afterAll(() => db[Symbol.asyncDispose]());

/** The buckets of `supabase/config.toml`, which `supabase seed buckets` would write over ours. */
async function readConfig() {
  const config = await Deno.readTextFile("supabase/config.toml");
  return [...config.matchAll(/^\[storage\.buckets\.([\w-]+)\]\n((?:.+\n)*)/gm)]
    .map(([, id, lines = ""]) => ({
      id,
      public: /^public = true$/m.test(lines),
      file_size_limit: Number(/^file_size_limit = "(\d+)MiB"$/m.exec(lines)?.[1]) * 1024 * 1024,
      allowed_mime_types: JSON.parse(/^allowed_mime_types = (.+)$/m.exec(lines)?.[1] ?? "null"),
    }))
    .sort((a, b) => a.id!.localeCompare(b.id!));
}

describe("buckets", () => {
  test("have in config.toml the limits that the migrations give them", async () => {
    const migrated = await db.query(`
      select id, public, file_size_limit::integer, to_jsonb(allowed_mime_types) as allowed_mime_types
      from storage.buckets order by id`);

    expect(await readConfig()).toEqual(migrated);
    expect(migrated.length).toBeGreaterThan(3);
  });

  test("are all private", async () => {
    expect(await db.query("select id from storage.buckets where public")).toEqual([]);
  });
});
