import { afterAll, expect, test } from "vitest";
import { createCast } from "../database/support/cast.ts";
import { createDocument } from "../database/support/training.ts";
import { createTestDatabase } from "../support/test-database.ts";

const rounds = 100;
const db = await createTestDatabase();
afterAll(() => db[Symbol.asyncDispose]());
const cast = await createCast(db);

/** What a worker tells the database, without its way to Storage; returns what it was given. */
async function sweep(): Promise<string[]> {
  const due = await db.query<{ id: string }>("select id from private.list_due_objects(7)");
  const ids = due.map(({ id }) => id);
  await db.query("select private.complete_sweep_job('0', gen_random_uuid(), $1)", [ids]);
  return ids;
}

test("no sweeper is given what a row names, while rows go and come back, without a deadlock", async () => {
  const ids = await Promise.all(Array.from({ length: 20 }, () => createDocument(db, cast.orgId)));
  await db.query(
    "insert into storage.objects (bucket_id, name) select 'documents', storage_path from public.vault_documents",
  );
  // Odd while every row is there.
  let changes = 1;
  const remake = async (order: string) => {
    changes++;
    await db.query("delete from public.vault_documents where id = any ($1)", [ids]);
    await db.query(
      `insert into public.vault_documents (id, org_id, title, storage_path, mime_type)
       select id, $2::uuid, 'Again', $2::uuid || '/' || id || '/handbook.md', 'text/markdown'
       from unnest($1::uuid[]) as id order by id ${order}`,
      [ids, cast.orgId],
    );
    changes++;
  };
  let isDone = false;
  const swept = { named: 0, unnamed: 0 };
  const sweepers = [1, 2, 3].map(async () => {
    while (!isDone) {
      const before = changes;
      const { length } = await sweep();
      if (before === changes && before % 2 === 1) swept.named += length;
      else swept.unnamed += length;
    }
  });

  try {
    for (let round = 0; round < rounds; round++) {
      await remake(round % 2 ? "asc" : "desc");
      swept.named += (await sweep()).length;
    }
  } finally {
    isDone = true;
    await Promise.all(sweepers);
  }

  expect(swept.unnamed).toBeGreaterThan(0);
  expect(swept.named).toBe(0);
  expect(await db.query("select path from private.storage_outbox")).toEqual([]);
});
