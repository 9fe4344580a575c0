import { afterAll, describe, expect, test } from "vitest";
import { createTestDatabase } from "../support/test-database.ts";
import { createCast } from "./support/cast.ts";
import {
  beginChange,
  beginFile,
  createConversation,
  createPublished,
  enqueueSweep,
  expireBuild,
  outboxOf,
  readFile,
  stateOf,
} from "./support/training-files.ts";

const db = await createTestDatabase();
afterAll(() => db[Symbol.asyncDispose]());
const cast = await createCast(db);
const editor = cast.editor as { userId: string };
const first = await createConversation(db, cast.orgId, editor);

describe("enqueue_storage_sweep", () => {
  test("ends a first build that was lost, and frees its name", async () => {
    const begun = await beginFile(db, cast.editor, cast.orgId, [first], { name: "Lost" });
    await expireBuild(db, begun.version_id);

    await enqueueSweep(db);

    expect(await readFile(db, begun.file_id)).toBeUndefined();
    expect((await outboxOf(db, begun.file_id)).map(([, isDue]) => isDue)).toEqual([
      true,
      true,
      true,
    ]);
    await beginFile(db, cast.editor, cast.orgId, [first], { name: "Lost" });
  });

  test("leaves a build alone that still has time", async () => {
    const begun = await beginFile(db, cast.editor, cast.orgId, [first]);

    await enqueueSweep(db);

    expect(await stateOf(db, begun.version_id)).toMatchObject({ state: "building" });
  });

  test("ends a build whose job has died, however much time it was given", async () => {
    const large = await createConversation(db, cast.orgId, editor, { sizeBytes: 6_000_000 });
    const id = await createPublished(db, cast.editor, cast.orgId, [first]);
    const begun = await beginChange(db, cast.editor, "add", id, [large]);
    await db.query(
      "select private.complete_job(job, 'dead') from private.jobs as job where dedupe_key = $1",
      [begun.version_id],
    );

    await enqueueSweep(db);

    expect(await stateOf(db, begun.version_id)).toMatchObject({ state: "failed" });
    expect(await readFile(db, id)).toMatchObject({ version: 1, building: 0 });
  });

  test("queues one sweep while objects are due, and none when they are not", async () => {
    await db.query("delete from private.jobs");
    await db.query("delete from private.storage_outbox");
    const jobs = () => db.query("select from private.jobs where kind = 'sweep_storage'");

    await enqueueSweep(db);
    const without = await jobs();
    await db.query(
      "insert into private.storage_outbox (bucket, path) values ('training-files', 'x')",
    );
    await enqueueSweep(db);
    await enqueueSweep(db);

    expect(without).toHaveLength(0);
    expect(await jobs()).toHaveLength(1);
  });

  test("forgets what was listed and then published, and never sweeps it", async () => {
    await db.query("delete from private.storage_outbox");
    const id = await createPublished(db, cast.editor, cast.orgId, [first]);
    const path = `${id}/v1/training.json`;
    await db.query(
      "insert into private.storage_outbox (bucket, path) values ('training-files', $1)",
      [path],
    );

    const due = await db.as(
      "service_role",
      (client) => client.query<{ path: string }>("select path from public.list_due_objects(100)"),
    );
    await enqueueSweep(db);

    expect(due.map((row) => row.path)).not.toContain(path);
    expect(await outboxOf(db, id)).not.toContainEqual(["v1/training.json", true]);
  });
});

describe("list_due_objects", () => {
  test("gives an object to one sweeper, and again later", async () => {
    await db.query("delete from private.storage_outbox");
    await db.query(
      "insert into private.storage_outbox (bucket, path) values ('training-files', 'y')",
    );
    const list = () =>
      db.as(
        "service_role",
        (client) => client.query<{ path: string }>("select path from public.list_due_objects(100)"),
      );

    const [given, refused] = [await list(), await list()];
    await db.query("update private.storage_outbox set due_at = now()");

    expect([given.length, refused.length]).toEqual([1, 0]);
    expect(await list()).toHaveLength(1);
  });
});

describe("delete_training_file", () => {
  test("takes everything of the file along, jobs included", async () => {
    const large = await createConversation(db, cast.orgId, editor, { sizeBytes: 6_000_000 });
    const id = await createPublished(db, cast.editor, cast.orgId, [first]);
    const begun = await beginChange(db, cast.editor, "add", id, [large]);

    const [row] = await db.as(
      cast.admin,
      (client) =>
        client.query<{ paths: string[] }>("select public.delete_training_file($1) as paths", [id]),
    );

    expect(row!.paths.map((path) => path.slice(id.length + 1)).sort()).toEqual([
      "v1/manifest.json",
      "v1/training.json",
      "v1/training.jsonl",
      "v2/manifest.json",
      "v2/training.json",
      "v2/training.jsonl",
    ]);
    expect((await outboxOf(db, id)).every(([, isDue]) => isDue)).toBe(true);
    expect(await readFile(db, id)).toBeUndefined();
    const jobs = await db.query("select from private.jobs where dedupe_key = $1", [
      begun.version_id,
    ]);
    expect(jobs).toHaveLength(0);
  });
});
