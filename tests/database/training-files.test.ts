import { afterAll, describe, expect, test } from "vitest";
import { createTestDatabase, only } from "../support/test-database.ts";
import { createCast } from "./support/cast.ts";
import { raisedBy, sqlStateOf } from "./support/rejection.ts";
import {
  beginChange,
  beginFile,
  createConversation,
  createPublished,
  enqueueSweep,
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
const [first, second, third] = [
  await createConversation(db, cast.orgId, editor),
  await createConversation(db, cast.orgId, editor),
  await createConversation(db, cast.orgId, editor),
] as const;

describe("a build that begins", () => {
  test("lists its objects for the sweeper, and takes them off when it is published", async () => {
    const begun = await beginFile(db, cast.editor, cast.orgId, [first]);

    const during = await outboxOf(db, begun.file_id);
    await publish(db, begun);

    expect(during).toEqual([
      ["v1/manifest.json", false],
      ["v1/training.json", false],
      ["v1/training.jsonl", false],
    ]);
    // The manifest of this test's publisher was not among its artefacts.
    expect(await outboxOf(db, begun.file_id)).toEqual([["v1/manifest.json", false]]);
  });

  test("keeps others out until it ends or runs out of time", async () => {
    const id = await createPublished(db, cast.editor, cast.orgId, [first]);
    const begun = await beginChange(db, cast.editor, "add", id, [second]);
    const again = () => beginChange(db, cast.editor, "add", id, [third]);

    expect(await raisedBy(again())).toMatchObject({ code: "TRAINING_FILE_BUSY", status: 409 });
    await expireBuild(db, begun.version_id);
    const overtaking = await again();

    expect(await stateOf(db, begun.version_id)).toMatchObject({
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
    await expireBuild(db, begun.version_id);

    await enqueueSweep(db);

    expect(await statusOf(id)).toBe("active");
  });

  test("is failed when the first build was queued and is lost, until another begins", async () => {
    const large = await createConversation(db, cast.orgId, editor, { sizeBytes: 6_000_000 });
    const begun = await beginFile(db, cast.editor, cast.orgId, [large, first]);
    await expireBuild(db, begun.version_id);
    await enqueueSweep(db);
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
    await expireBuild(db, begun.version_id);

    const isKnown = await beat(begun.version_id, begun.build_token);

    const [row] = await db.query<{ seconds: number }>(
      `select extract(epoch from build_until - now())::integer as seconds
       from public.training_file_versions where id = $1`,
      [begun.version_id],
    );
    expect(isKnown).toBe(true);
    expect(row!.seconds).toBeGreaterThan(20);
    expect(row!.seconds).toBeLessThanOrEqual(30);
    await enqueueSweep(db);
    expect(await stateOf(db, begun.version_id)).toMatchObject({ state: "building" });
  });

  test("tells whoever was overtaken", async () => {
    const begun = await beginFile(db, cast.editor, cast.orgId, [first]);

    expect(await beat(begun.version_id, crypto.randomUUID())).toBeNull();
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
