import { afterAll, describe, expect, test } from "vitest";
import { createTestDatabase, only } from "../support/test-database.ts";
import { createCast } from "./support/cast.ts";
import { raisedBy, sqlStateOf } from "./support/rejection.ts";
import {
  beginChange,
  beginFile,
  createConversation,
  createPublished,
  publish,
  readFile,
} from "./support/training-files.ts";

const db = await createTestDatabase();
afterAll(() => db[Symbol.asyncDispose]());
const cast = await createCast(db);
const editor = cast.editor as { userId: string };
const [first, second, third] = [
  await createConversation(db, cast.orgId, editor),
  await createConversation(db, cast.orgId, editor),
  await createConversation(db, cast.orgId, editor),
] as const;

const expire = (versionId: string) =>
  db.query(
    "update public.training_file_versions set build_until = now() - interval '1 second' where id = $1",
    [versionId],
  );
const sweep = () => db.query("select private.enqueue_storage_sweep()");
const outboxOf = async (fileId: string) =>
  (await db.query<{ path: string; is_due: boolean }>(
    `select path, due_at <= now() as is_due from private.storage_outbox
     where path like $1 || '/%' order by path`,
    [fileId],
  )).map(({ path, is_due }) => [path.slice(fileId.length + 1), is_due]);
const stateOf = async (versionId: string) =>
  (await db.query<{ state: string; error: unknown }>(
    "select state, error from public.training_file_versions where id = $1",
    [versionId],
  ))[0];

describe("a build that begins", () => {
  test("lists its objects for the sweeper, and takes them off when it is published", async () => {
    const begun = await beginFile(db, cast.editor, cast.orgId, [first]);

    const during = await outboxOf(begun.file_id);
    await publish(db, begun);

    expect(during).toEqual([
      ["v1/manifest.json", false],
      ["v1/training.json", false],
      ["v1/training.jsonl", false],
    ]);
    // The manifest of this test's publisher was not among its artefacts.
    expect(await outboxOf(begun.file_id)).toEqual([["v1/manifest.json", false]]);
  });

  test("keeps others out until it ends or runs out of time", async () => {
    const id = await createPublished(db, cast.editor, cast.orgId, [first]);
    const begun = await beginChange(db, cast.editor, "add", id, [second]);
    const again = () => beginChange(db, cast.editor, "add", id, [third]);

    expect(await raisedBy(again())).toMatchObject({ code: "TRAINING_FILE_BUSY", status: 409 });
    await expire(begun.version_id);
    const overtaking = await again();

    expect(await stateOf(begun.version_id)).toMatchObject({
      state: "failed",
      error: { code: "BUILD_LOST" },
    });
    expect(await raisedBy(publish(db, begun))).toMatchObject({ code: "BUILD_LOST" });
    await publish(db, overtaking);
    expect(await readFile(db, id)).toMatchObject({ version: 3, members: [first, third] });
  });

  test("is queued above 5 MB, and below is not", async () => {
    const half = 5 * 1024 * 1024 / 2;
    const large = [
      await createConversation(db, cast.orgId, editor, { sizeBytes: half }),
      await createConversation(db, cast.orgId, editor, { sizeBytes: half }),
    ];

    const below = await beginFile(db, cast.editor, cast.orgId, large);
    const above = await beginFile(db, cast.editor, cast.orgId, [...large, first]);

    expect([below.is_queued, above.is_queued]).toEqual([false, true]);
    const jobs = await db.query("select from private.jobs where dedupe_key = $1", [
      above.version_id,
    ]);
    expect(jobs).toHaveLength(1);
  });
});

describe("the status of a file", () => {
  const statusOf = async (fileId: string) =>
    (await db.query<{ status: string }>("select status from public.training_files where id = $1", [
      fileId,
    ]))[0]?.status;
  const addLarge = async (fileId: string) => {
    const large = await createConversation(db, cast.orgId, editor, { sizeBytes: 6_000_000 });
    return await beginChange(db, cast.editor, "add", fileId, [large]);
  };

  test("is processing while a queued build is open, and not for one in a request", async () => {
    const inRequest = await createPublished(db, cast.editor, cast.orgId, [first]);
    const queued = await createPublished(db, cast.editor, cast.orgId, [first]);

    await beginChange(db, cast.editor, "add", inRequest, [second]);
    const begun = await addLarge(queued);

    expect([await statusOf(inRequest), await statusOf(queued)]).toEqual(["active", "processing"]);
    await publish(db, begun);
    expect(await statusOf(queued)).toBe("active");
  });

  test("is active again when a queued build is lost", async () => {
    const id = await createPublished(db, cast.editor, cast.orgId, [first]);
    const begun = await addLarge(id);
    await expire(begun.version_id);

    await sweep();

    expect(await statusOf(id)).toBe("active");
  });

  test("is failed when the first build was queued and is lost, until another begins", async () => {
    const large = await createConversation(db, cast.orgId, editor, { sizeBytes: 6_000_000 });
    const begun = await beginFile(db, cast.editor, cast.orgId, [large, first]);
    await expire(begun.version_id);
    await sweep();
    const lost = await statusOf(begun.file_id);

    const again = await beginChange(db, cast.editor, "remove", begun.file_id, [large]);

    expect([lost, await statusOf(begun.file_id)]).toEqual(["failed", "processing"]);
    await publish(db, again);
    expect(await readFile(db, begun.file_id)).toMatchObject({ version: 2, members: [first] });
  });

  test("agrees with is_archived when no build is under way", async () => {
    const id = await createPublished(db, cast.editor, cast.orgId, [first]);

    for (const change of ["is_archived = true", "status = 'archived'"]) {
      const work = db.query(`update public.training_files set ${change} where id = $1`, [id]);

      expect(await sqlStateOf(work)).toBe("23514");
    }
  });
});

describe("a change that ran out of time", () => {
  test("gives its key to the repeat", async () => {
    const id = await createPublished(db, cast.editor, cast.orgId, [first]);
    const key = crypto.randomUUID();
    const lost = await beginChange(db, cast.editor, "add", id, [second], { key });
    await expire(lost.version_id);

    const repeat = await beginChange(db, cast.editor, "add", id, [second], { key });

    expect(repeat.is_new).toBe(true);
    await publish(db, repeat);
    expect(await readFile(db, id)).toMatchObject({ version: 3, members: [first, second] });
  });

  test("gives way to a rebuild", async () => {
    const id = await createPublished(db, cast.editor, cast.orgId, [first]);
    await db.query("delete from private.jobs");
    const lost = await beginChange(db, cast.editor, "add", id, [second]);
    await expire(lost.version_id);
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

    expect(await stateOf(lost.version_id)).toMatchObject({ state: "failed" });
    expect(await readFile(db, id)).toMatchObject({ version: 1, building: 1 });
  });
});

describe("heartbeat_training_file_build", () => {
  const beat = async (versionId: string, token: string) =>
    only(
      await db.as("service_role", (client) =>
        client.query<{ is_known: boolean | null }>(
          "select public.heartbeat_training_file_build($1, $2, 0.25) as is_known",
          [versionId, token],
        )),
    ).is_known;

  test("keeps a build that nobody has ended, and for half a minute", async () => {
    const begun = await beginFile(db, cast.editor, cast.orgId, [first]);
    await expire(begun.version_id);

    const isKnown = await beat(begun.version_id, begun.build_token);

    const [row] = await db.query<{ seconds: number }>(
      `select extract(epoch from build_until - now())::integer as seconds
       from public.training_file_versions where id = $1`,
      [begun.version_id],
    );
    expect(isKnown).toBe(true);
    expect(row!.seconds).toBeGreaterThan(20);
    expect(row!.seconds).toBeLessThanOrEqual(30);
    await sweep();
    expect(await stateOf(begun.version_id)).toMatchObject({ state: "building" });
  });

  test("tells whoever was overtaken", async () => {
    const begun = await beginFile(db, cast.editor, cast.orgId, [first]);

    expect(await beat(begun.version_id, crypto.randomUUID())).toBeNull();
  });
});

describe("a first build that ran out of time", () => {
  test("in its request gives way to another attempt, with its conversations", async () => {
    const begun = await beginFile(db, cast.editor, cast.orgId, [first]);
    await expire(begun.version_id);

    const again = await beginChange(db, cast.editor, "add", begun.file_id, [second]);

    expect(await stateOf(begun.version_id)).toMatchObject({
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
    await expire(lost.version_id);

    const begun = await taken();

    expect(await readFile(db, lost.file_id)).toBeUndefined();
    expect((await outboxOf(lost.file_id)).map(([, isDue]) => isDue)).toEqual([true, true, true]);
    await publish(db, begun);
    expect(await raisedBy(taken())).toMatchObject({ code: "NAME_TAKEN" });
  });

  test("in its request gives its key to the repeat, or to another request", async () => {
    const key = crypto.randomUUID();
    const lost = await beginFile(db, cast.editor, cast.orgId, [first], { name: "Key 1", key });
    const early = await beginFile(db, cast.editor, cast.orgId, [first], { name: "Key 1", key });
    await expire(lost.version_id);

    const repeat = await beginFile(db, cast.editor, cast.orgId, [first], { name: "Key 1", key });
    await expire(repeat.version_id);
    const other = await beginFile(db, cast.editor, cast.orgId, [first], { name: "Key 2", key });

    expect([early.is_new, repeat.is_new, other.is_new]).toEqual([false, true, true]);
    expect(early.version_id).toBe(lost.version_id);
    expect(await readFile(db, repeat.file_id)).toBeUndefined();
  });

  test("stays under a change that comes with the key of the request that made it", async () => {
    const key = crypto.randomUUID();
    const lost = await beginFile(db, cast.editor, cast.orgId, [first], { key });
    await expire(lost.version_id);

    const added = await beginChange(db, cast.editor, "add", lost.file_id, [second], { key });

    expect(added).toMatchObject({ file_id: lost.file_id, is_new: true });
    await publish(db, added);
    expect(await readFile(db, lost.file_id)).toMatchObject({ version: 2 });
  });

  test("in a job gives way to another attempt, with its conversations", async () => {
    const large = await createConversation(db, cast.orgId, editor, { sizeBytes: 6_000_000 });
    const begun = await beginFile(db, cast.editor, cast.orgId, [large]);
    await expire(begun.version_id);

    const again = await beginChange(db, cast.editor, "add", begun.file_id, [first, large]);

    expect(await stateOf(begun.version_id)).toMatchObject({ state: "failed" });
    await publish(db, again);
    expect(await readFile(db, begun.file_id)).toMatchObject({
      version: 2,
      members: [large, first],
    });
  });
});

describe("claim_training_file_build", () => {
  const claim = async (versionId: string, token: string | null) =>
    only(
      await db.as("service_role", (client) =>
        client.query<{ plan: Record<string, unknown> | null }>(
          "select public.claim_training_file_build($1, $2) as plan",
          [versionId, token],
        )),
    ).plan;

  test("gives a builder with its token what it needs", async () => {
    const begun = await beginFile(db, cast.editor, cast.orgId, [second, first]);

    const plan = await claim(begun.version_id, begun.build_token);

    expect(plan).toMatchObject({
      build_token: begun.build_token,
      version: 1,
      sources: [{ position: 0, conversation_id: second }, { position: 1, conversation_id: first }],
    });
  });

  test("gives nothing to another's token", async () => {
    const begun = await beginFile(db, cast.editor, cast.orgId, [first]);

    expect(await claim(begun.version_id, crypto.randomUUID())).toBeNull();
  });

  test("takes a build over for a job, after which the old token is worth nothing", async () => {
    const begun = await beginFile(db, cast.editor, cast.orgId, [first]);

    const plan = await claim(begun.version_id, null);

    expect(plan!.build_token).not.toBe(begun.build_token);
    expect(await raisedBy(publish(db, begun))).toMatchObject({ code: "BUILD_LOST" });
    await publish(db, { ...begun, build_token: plan!.build_token as string });
    expect(await claim(begun.version_id, null)).toBeNull();
  });

  test("names a conversation that was deleted meanwhile, without a path", async () => {
    const gone = await createConversation(db, cast.orgId, editor);
    const begun = await beginFile(db, cast.editor, cast.orgId, [first, gone]);
    await db.query("delete from public.conversations where conversation_id = $1", [gone]);

    const plan = await claim(begun.version_id, begun.build_token);

    expect(plan!.sources).toMatchObject([
      { conversation_id: first },
      { conversation_id: gone, path: null },
    ]);
    expect(await raisedBy(publish(db, begun))).toMatchObject({ code: "SOURCE_CHANGED" });
  });
});

describe("enqueue_storage_sweep", () => {
  test("ends a first build that was lost, and frees its name", async () => {
    const begun = await beginFile(db, cast.editor, cast.orgId, [first], { name: "Lost" });
    await expire(begun.version_id);

    await sweep();

    expect(await readFile(db, begun.file_id)).toBeUndefined();
    expect((await outboxOf(begun.file_id)).map(([, isDue]) => isDue)).toEqual([true, true, true]);
    await beginFile(db, cast.editor, cast.orgId, [first], { name: "Lost" });
  });

  test("leaves a build alone that still has time", async () => {
    const begun = await beginFile(db, cast.editor, cast.orgId, [first]);

    await sweep();

    expect(await stateOf(begun.version_id)).toMatchObject({ state: "building" });
  });

  test("ends a build whose job has died, however much time it was given", async () => {
    const large = await createConversation(db, cast.orgId, editor, { sizeBytes: 6_000_000 });
    const id = await createPublished(db, cast.editor, cast.orgId, [first]);
    const begun = await beginChange(db, cast.editor, "add", id, [large]);
    await db.query(
      "select private.complete_job(job, 'dead') from private.jobs as job where dedupe_key = $1",
      [begun.version_id],
    );

    await sweep();

    expect(await stateOf(begun.version_id)).toMatchObject({ state: "failed" });
    expect(await readFile(db, id)).toMatchObject({ version: 1, building: 0 });
  });

  test("queues one sweep while objects are due, and none when they are not", async () => {
    await db.query("delete from private.jobs");
    await db.query("delete from private.storage_outbox");
    const jobs = () => db.query("select from private.jobs where kind = 'sweep_storage'");

    await sweep();
    const without = await jobs();
    await db.query(
      "insert into private.storage_outbox (bucket, path) values ('training-files', 'x')",
    );
    await sweep();
    await sweep();

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
    await sweep();

    expect(due.map((row) => row.path)).not.toContain(path);
    expect(await outboxOf(id)).not.toContainEqual(["v1/training.json", true]);
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
    expect((await outboxOf(id)).every(([, isDue]) => isDue)).toBe(true);
    expect(await readFile(db, id)).toBeUndefined();
    const jobs = await db.query("select from private.jobs where dedupe_key = $1", [
      begun.version_id,
    ]);
    expect(jobs).toHaveLength(0);
  });
});
