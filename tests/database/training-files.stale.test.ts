import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { createTestDatabase, only } from "../support/test-database.ts";
import { createCast } from "./support/cast.ts";
import {
  beginChange,
  beginFile,
  createConversation,
  createPublished,
  enrich,
  patchFile,
  publish,
  stalenessOf,
} from "./support/training-files.ts";

const db = await createTestDatabase();
afterAll(() => db[Symbol.asyncDispose]());
const cast = await createCast(db);
const editor = cast.editor as { userId: string };
let [first, second] = ["", ""];

beforeEach(async () => {
  first = await createConversation(db, cast.orgId, editor);
  second = await createConversation(db, cast.orgId, editor);
});

const patch = (fileId: string, changes: Record<string, string>) =>
  patchFile(db, cast.editor, fileId, changes);

describe("the rebuild of a file", () => {
  test("is queued by a publication that a new conversation was enriched again under", async () => {
    const id = await createPublished(db, cast.editor, cast.orgId, [first]);
    await patch(id, { stale_policy: "rebuild" });
    const begun = await beginChange(db, cast.editor, "add", id, [second]);
    await enrich(db, cast.editor, second);

    await publish(db, begun);

    expect(await stalenessOf(db, id)).toEqual({ version: 2, stale: true, rebuilds: 1 });
  });

  test("is queued by a first publication, too", async () => {
    const begun = await beginFile(db, cast.editor, cast.orgId, [first]);
    await patch(begun.file_id, { stale_policy: "rebuild" });
    await enrich(db, cast.editor, first);

    await publish(db, begun);

    expect(await stalenessOf(db, begun.file_id)).toEqual({ version: 1, stale: true, rebuilds: 1 });
  });

  test("is queued when a file that is stale is told to", async () => {
    const id = await createPublished(db, cast.editor, cast.orgId, [first]);
    await enrich(db, cast.editor, first);

    await patch(id, { description: "Of last week" });
    const before = await stalenessOf(db, id);
    await patch(id, { stale_policy: "rebuild" });

    expect(before).toEqual({ version: 1, stale: true, rebuilds: 0 });
    expect(await stalenessOf(db, id)).toEqual({ version: 1, stale: true, rebuilds: 1 });
  });

  test("does not happen to a file that was archived after it was queued", async () => {
    const id = await createPublished(db, cast.editor, cast.orgId, [first]);
    await patch(id, { stale_policy: "rebuild" });
    await enrich(db, cast.editor, first);
    await patch(id, { status: "archived" });
    await db.query(
      `update private.jobs set is_ready = false, worker_id = 'worker', lease_token = gen_random_uuid(),
         visible_at = now() + interval '1 hour'
       where kind = 'rebuild_training_file' and dedupe_key = $1::text`,
      [id],
    );

    const { outcome } = only(
      await db.query<{ outcome: string }>(
        `select private.complete_rebuild_job(id::text, lease_token) as outcome from private.jobs
         where kind = 'rebuild_training_file' and dedupe_key = $1::text`,
        [id],
      ),
    );

    expect(outcome).toBe("done");
    expect(await stalenessOf(db, id)).toEqual({ version: 1, stale: true, rebuilds: 0 });
    expect(
      await db.query(
        "select from public.training_file_versions where training_file_id = $1 and state = 'building'",
        [id],
      ),
    ).toEqual([]);
  });

  test("is queued when a file that became stale in the archive leaves it", async () => {
    const id = await createPublished(db, cast.editor, cast.orgId, [first]);
    await patch(id, { stale_policy: "rebuild", status: "archived" });
    await enrich(db, cast.editor, first);

    const before = await stalenessOf(db, id);
    await patch(id, { status: "active" });

    expect(before).toEqual({ version: 1, stale: true, rebuilds: 0 });
    expect(await stalenessOf(db, id)).toEqual({ version: 1, stale: true, rebuilds: 1 });
  });

  test("is not queued again by a change of name, nor for a file that is fresh", async () => {
    const stale = await createPublished(db, cast.editor, cast.orgId, [first]);
    const fresh = await createPublished(db, cast.editor, cast.orgId, [second]);
    await patch(stale, { stale_policy: "rebuild" });
    await enrich(db, cast.editor, first);
    await db.query("delete from private.jobs");

    await patch(stale, { name: `Renamed ${stale}` });
    await patch(fresh, { stale_policy: "rebuild" });

    expect(await stalenessOf(db, stale)).toEqual({ version: 1, stale: true, rebuilds: 0 });
    expect(await stalenessOf(db, fresh)).toEqual({ version: 1, stale: false, rebuilds: 0 });
  });

  test("waits for the end of an enrichment that has only begun", async () => {
    const told = await createPublished(db, cast.editor, cast.orgId, [first]);
    const built = await createPublished(db, cast.editor, cast.orgId, [second]);
    await patch(built, { stale_policy: "rebuild" });
    const begun = await beginChange(db, cast.editor, "add", built, [first]);
    await enrich(db, cast.editor, first, "enrichment_in_progress");

    await patch(told, { stale_policy: "rebuild" });
    await publish(db, begun);
    const before = [await stalenessOf(db, told), await stalenessOf(db, built)];
    await enrich(db, cast.editor, first);

    expect(before).toMatchObject([{ stale: true, rebuilds: 0 }, { stale: true, rebuilds: 0 }]);
    expect(await stalenessOf(db, told)).toMatchObject({ rebuilds: 1 });
    expect(await stalenessOf(db, built)).toMatchObject({ rebuilds: 1 });
  });

  test("is not held up by another conversation whose enrichment has begun", async () => {
    const id = await createPublished(db, cast.editor, cast.orgId, [first, second]);
    await enrich(db, cast.editor, first);
    await enrich(db, cast.editor, second, "enrichment_in_progress");

    await patch(id, { stale_policy: "rebuild" });

    expect(await stalenessOf(db, id)).toMatchObject({ rebuilds: 1 });
  });
});

describe("a change of a conversation that is no enrichment", () => {
  test("leaves the file fresh that is built meanwhile", async () => {
    const { id: personaId } = only(
      await db.query<{ id: string }>(
        "insert into public.personas (org_id, name, persona_key) values ($1, 'A', 'a') returning id",
        [cast.orgId],
      ),
    );
    await db.query("update public.conversations set persona_id = $1 where conversation_id = $2", [
      personaId,
      first,
    ]);
    const begun = await beginFile(db, cast.editor, cast.orgId, [first]);

    await db.query("delete from public.personas where id = $1", [personaId]);
    await db.query("update public.conversations set file_path = 'x' where conversation_id = $1", [
      first,
    ]);
    await publish(db, begun);

    expect(await stalenessOf(db, begun.file_id)).toEqual({ version: 1, stale: false, rebuilds: 0 });
  });
});

describe("a conversation that is deleted and made again under a build", () => {
  test("leaves the file stale", async () => {
    const begun = await beginFile(db, cast.editor, cast.orgId, [first]);

    await db.query("delete from public.conversations where conversation_id = $1", [first]);
    await db.query("insert into public.conversations (org_id, conversation_id) values ($1, $2)", [
      cast.orgId,
      first,
    ]);
    await publish(db, begun);

    expect(await stalenessOf(db, begun.file_id)).toMatchObject({ version: 1, stale: true });
  });
});
