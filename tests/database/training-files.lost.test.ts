import { afterAll, describe, expect, test } from "vitest";
import { createTestDatabase, only } from "../support/test-database.ts";
import { createCast } from "./support/cast.ts";
import { raisedBy } from "./support/rejection.ts";
import {
  beginChange,
  beginFile,
  createConversation,
  createPublished,
  expireBuild,
  outboxOf,
  publish,
  readFile,
  stateOf,
} from "./support/training-files.ts";

const db = await createTestDatabase();
afterAll(() => db[Symbol.asyncDispose]());
const cast = await createCast(db);
const editor = cast.editor as { userId: string };
const [first, second] = [
  await createConversation(db, cast.orgId, editor),
  await createConversation(db, cast.orgId, editor),
] as const;

describe("a change that ran out of time", () => {
  test("gives its key to the repeat", async () => {
    const id = await createPublished(db, cast.editor, cast.orgId, [first]);
    const key = crypto.randomUUID();
    const lost = await beginChange(db, cast.editor, "add", id, [second], { key });
    await expireBuild(db, lost.version_id);

    const repeat = await beginChange(db, cast.editor, "add", id, [second], { key });

    expect(repeat.is_new).toBe(true);
    await publish(db, repeat);
    expect(await readFile(db, id)).toMatchObject({ version: 3, members: [first, second] });
  });

  test("gives way to a rebuild", async () => {
    const id = await createPublished(db, cast.editor, cast.orgId, [first]);
    await db.query("delete from private.jobs");
    const lost = await beginChange(db, cast.editor, "add", id, [second]);
    await expireBuild(db, lost.version_id);
    await db.query(
      "update public.training_files set stale = true, stale_policy = 'rebuild' where id = $1",
      [id],
    );
    const job = only(
      await db.query<{ id: string; lease_token: string }>(
        `insert into private.jobs (org_id, lane, kind, dedupe_key, payload, is_ready, worker_id, lease_token, visible_at)
         values ($1, 'training-files', 'rebuild_training_file', $2,
           jsonb_build_object('training_file_id', $2::text), false, 'worker',
           gen_random_uuid(), now() + interval '1 hour')
         returning id::text, lease_token`,
        [cast.orgId, id],
      ),
    );

    await db.query("select private.complete_rebuild_job($1, $2)", [job.id, job.lease_token]);

    expect(await stateOf(db, lost.version_id)).toMatchObject({ state: "failed" });
    expect(await readFile(db, id)).toMatchObject({ version: 1, building: 1 });
  });
});

describe("a first build that ran out of time", () => {
  test("in its request gives way to another attempt, with its conversations", async () => {
    const begun = await beginFile(db, cast.editor, cast.orgId, [first]);
    await expireBuild(db, begun.version_id);

    const again = await beginChange(db, cast.editor, "add", begun.file_id, [second]);

    expect(await stateOf(db, begun.version_id)).toMatchObject({
      state: "failed",
      error: { code: "BUILD_LOST" },
    });
    await publish(db, again);
    expect(await readFile(db, begun.file_id)).toMatchObject({
      version: 2,
      members: [first, second],
    });
  });

  test("in its request gives its name to the next file", async () => {
    const name = "Taken by nobody";
    const lost = await beginFile(db, cast.editor, cast.orgId, [first], { name });
    const taken = () => beginFile(db, cast.editor, cast.orgId, [first], { name: ` ${name} ` });
    expect(await raisedBy(taken())).toMatchObject({ code: "NAME_TAKEN" });
    await expireBuild(db, lost.version_id);

    const begun = await taken();

    expect(await readFile(db, lost.file_id)).toBeUndefined();
    expect((await outboxOf(db, lost.file_id)).map(([, isDue]) => isDue)).toEqual([
      true,
      true,
      true,
    ]);
    await publish(db, begun);
    expect(await raisedBy(taken())).toMatchObject({ code: "NAME_TAKEN" });
  });

  test("in its request gives its key to the repeat, or to another request", async () => {
    const key = crypto.randomUUID();
    const lost = await beginFile(db, cast.editor, cast.orgId, [first], { name: "Key 1", key });
    const early = await beginFile(db, cast.editor, cast.orgId, [first], { name: "Key 1", key });
    await expireBuild(db, lost.version_id);

    const repeat = await beginFile(db, cast.editor, cast.orgId, [first], { name: "Key 1", key });
    await expireBuild(db, repeat.version_id);
    const other = await beginFile(db, cast.editor, cast.orgId, [first], { name: "Key 2", key });

    expect([early.is_new, repeat.is_new, other.is_new]).toEqual([false, true, true]);
    expect(early.version_id).toBe(lost.version_id);
    expect(await readFile(db, repeat.file_id)).toBeUndefined();
  });

  test("stays under a change that comes with the key of the request that made it", async () => {
    const key = crypto.randomUUID();
    const lost = await beginFile(db, cast.editor, cast.orgId, [first], { key });
    await expireBuild(db, lost.version_id);

    const added = await beginChange(db, cast.editor, "add", lost.file_id, [second], { key });

    expect(added).toMatchObject({ file_id: lost.file_id, is_new: true });
    await publish(db, added);
    expect(await readFile(db, lost.file_id)).toMatchObject({ version: 2 });
  });

  test("in a job gives way to another attempt, with its conversations", async () => {
    const large = await createConversation(db, cast.orgId, editor, { sizeBytes: 6_000_000 });
    const begun = await beginFile(db, cast.editor, cast.orgId, [large]);
    await expireBuild(db, begun.version_id);

    const again = await beginChange(db, cast.editor, "add", begun.file_id, [first, large]);

    expect(await stateOf(db, begun.version_id)).toMatchObject({ state: "failed" });
    await publish(db, again);
    expect(await readFile(db, begun.file_id)).toMatchObject({
      version: 2,
      members: [large, first],
    });
  });
});
