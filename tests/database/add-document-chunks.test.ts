import { afterAll, describe, expect, test } from "vitest";
import { createTestDatabase } from "../support/test-database.ts";
import { createCast } from "./support/cast.ts";
import { createQueue, fail, makeDue, readHistory, readJob, release } from "./support/queue.ts";
import { sqlStateOf } from "./support/rejection.ts";
import {
  addChunks,
  chunk,
  claimTraining,
  complete,
  createDocument,
  liftTrainingCap,
  queueTraining,
  readTrainingJob,
  storedChunks,
} from "./support/training.ts";

const db = await createTestDatabase();
afterAll(() => db[Symbol.asyncDispose]());
const cast = await createCast(db);
await liftTrainingCap(db);

async function lease() {
  const document = await createDocument(db, cast.orgId);
  const { job } = await queueTraining(db, cast.editor, document);
  return { document, training: job, held: await claimTraining(db, job.id) };
}

const contents = async (document: string) =>
  (await storedChunks(db, document)).map(({ content }) => content);

describe("add_document_chunks", () => {
  test("stores slices beside the live chunks", async () => {
    const { document, held } = await lease();

    const states = [
      await addChunks(db, held, [chunk(0), chunk(1)]),
      await addChunks(db, held, [chunk(2)]),
    ];

    expect(states).toEqual(["ok", "ok"]);
    expect(await storedChunks(db, document)).toEqual([
      { content: "Passage 0", is_live: false },
      { content: "Passage 1", is_live: false },
      { content: "Passage 2", is_live: false },
    ]);
  });

  test("stores a slice once, however often it comes", async () => {
    const { document, held } = await lease();
    const slice = [chunk(0), chunk(1)];
    await addChunks(db, held, slice);

    expect(await addChunks(db, held, slice)).toBe("ok");
    expect(await contents(document)).toEqual(["Passage 0", "Passage 1"]);
  });

  test("shows in the training job how far it is, and never less than before", async () => {
    const { training, held } = await lease();
    const shown = async () => {
      const [row] = await db.query<{ progress: number }>(
        "select progress from public.mono_training_jobs where id = $1",
        [training.id],
      );
      return row?.progress;
    };
    const report = (progress: number) =>
      db.query("select private.add_document_chunks($1, $2, '[]', $3)", [
        held.job_id,
        held.lease_token,
        progress,
      ]);

    await report(0.5);
    expect(await shown()).toBe(0.5);

    await report(0.25);
    expect(await shown()).toBe(0.5);
  });

  test.each([
    ["rises", [0.25, 0.5], 0.5],
    ["never falls", [0.5, 0.25], 0.5],
    ["stays when not given", [0.5, null], 0.5],
    ["ends at 1", [7], 1],
  ])("records progress with a slice, which %s", async (_, reports, expected) => {
    const { training, held } = await lease();

    for (const [ordinal, progress] of reports.entries()) {
      await addChunks(db, held, [chunk(ordinal)], progress);
    }

    expect(await readTrainingJob(db, training.id)).toMatchObject({ progress: expected });
  });

  test("takes an empty slice", async () => {
    const { document, held } = await lease();

    expect(await addChunks(db, held, [])).toBe("ok");
    expect(await contents(document)).toEqual([]);
  });

  test("stores nothing for a worker that has lost the job", async () => {
    const { document, training, held } = await lease();
    await makeDue(db, held.job_id);
    const second = await claimTraining(db, training.id, "second");

    expect(await addChunks(db, held, [chunk(0)])).toBe("stale_lease");
    expect(await contents(document)).toEqual([]);
    expect(await readJob(db, held.job_id)).toMatchObject({ lease_token: second.lease_token });
  });

  test("stores nothing with a token that was guessed", async () => {
    const { document, held } = await lease();

    const state = await addChunks(db, { ...held, lease_token: crypto.randomUUID() }, [chunk(0)]);

    expect(state).toBe("stale_lease");
    expect(await contents(document)).toEqual([]);
  });

  test("stores nothing for a job of another kind", async () => {
    const queue = await createQueue(db, cast.orgId);
    const { training } = await lease();
    await queue.enqueue({ dedupe_key: "a", payload: { training_job_id: training.id } });

    const state = await addChunks(db, (await queue.claim())[0]!, [chunk(0)]);

    expect(state).toBe("stale_lease");
  });

  test("keeps the slices of two attempts apart", async () => {
    const { document, training, held } = await lease();
    await addChunks(db, held, [chunk(0, { content: "of the lost one" })]);
    await makeDue(db, held.job_id);
    const second = await claimTraining(db, training.id, "second");
    await addChunks(db, second, [chunk(0, { content: "of the second" })]);

    await complete(db, second, { chunkCount: 1 });

    expect(await storedChunks(db, document)).toEqual([{ content: "of the second", is_live: true }]);
  });

  test("does not mix in what a released attempt had stored", async () => {
    const { document, training, held } = await lease();
    await addChunks(db, held, [chunk(0, { content: "before the edit" })]);
    await release(db);
    await db.as(
      cast.editor,
      (client) =>
        client.query("update public.vault_documents set title = title where id = $1", [document]),
    );
    const second = await claimTraining(db, training.id, "second");
    await addChunks(db, second, [chunk(0, { content: "after the edit" })]);

    await complete(db, second, { revision: 2, chunkCount: 1 });

    expect(await contents(document)).toEqual(["after the edit"]);
  });

  test.each(["fails", "is released"])("leaves nothing behind when the attempt %s", async (end) => {
    const { document, held } = await lease();
    await addChunks(db, held, [chunk(0)]);

    if (end === "fails") await fail(db, held);
    else await release(db);

    expect(await contents(document)).toEqual([]);
  });

  test("leaves nothing behind when the job is dead, whatever its attempts have stored", async () => {
    const { document, training, held } = await lease();
    await addChunks(db, held, [chunk(0)]);
    await makeDue(db, held.job_id);
    const second = await claimTraining(db, training.id, "second");
    await addChunks(db, second, [chunk(0), chunk(1)]);

    await fail(db, second, { is_permanent: true });

    expect(await contents(document)).toEqual([]);
  });

  test.each<[string, (document: string, orgId: string) => Promise<unknown>]>([
    ["document", (id) => db.query("delete from public.vault_documents where id = $1", [id])],
    ["organisation", (_, id) => db.query("delete from public.organizations where id = $1", [id])],
  ])("leaves nothing of a failed attempt when its %s is deleted", async (_, remove) => {
    const { orgId, editor } = await createCast(db);
    const document = await createDocument(db, orgId);
    const { job } = await queueTraining(db, editor, document);
    const held = await claimTraining(db, job.id);
    await addChunks(db, held, [chunk(0)]);
    await fail(db, held);
    const kept = () =>
      db.query("select from private.interrupted_vectors where vault_document_id = $1", [document]);
    expect(await kept()).toHaveLength(1);

    await remove(document, orgId);

    expect(await kept()).toEqual([]);
  });

  test("ends the job when its document has left the last set", async () => {
    const { document, held } = await lease();
    await db.as(
      cast.editor,
      (client) =>
        client.query("delete from public.mono_training_docs where vault_document_id = $1", [
          document,
        ]),
    );

    expect(await addChunks(db, held, [chunk(0)])).toBe("stale_lease");
    expect(await readJob(db, held.job_id)).toBeUndefined();
    expect(await readHistory(db, held.job_id)).toMatchObject({ outcome: "cancelled" });
    expect(await contents(document)).toEqual([]);
  });

  test("ends the job when its document is deleted", async () => {
    const { document, held } = await lease();
    await db.query("delete from public.vault_documents where id = $1", [document]);

    expect(await addChunks(db, held, [chunk(0)])).toBe("stale_lease");
    expect(await readHistory(db, held.job_id)).toMatchObject({ outcome: "cancelled" });
  });

  test.each([["anon", "anon" as const], ["an owner", cast.owner]])(
    "is not for %s",
    async (_, persona) => {
      const work = db.as(
        persona,
        (client) => client.query("select public.add_document_chunks('1', gen_random_uuid(), '[]')"),
      );

      expect(await sqlStateOf(work)).toBe("42501");
    },
  );
});
