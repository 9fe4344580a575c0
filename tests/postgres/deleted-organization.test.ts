import { afterAll, describe, expect, test } from "vitest";
import { type Cast, createCast } from "../database/support/cast.ts";
import {
  addReembedded,
  chunksOf,
  claimReembeddings,
  listReembedChunks,
  models,
  switchModel,
} from "../database/support/embedding-models.ts";
import { completeAll, createQueue, defer, fail, type Lease } from "../database/support/queue.ts";
import { createDocument, liftTrainingCap, train } from "../database/support/training.ts";
import {
  beginFile,
  createConversation,
  createPublished,
  enrich,
  patchFile,
  publish,
} from "../database/support/training-files.ts";
import { addMember, createUser } from "../support/personas.ts";
import { createTestDatabase } from "../support/test-database.ts";

const rounds = 30;
const db = await createTestDatabase();
afterAll(() => db[Symbol.asyncDispose]());
await liftTrainingCap(db);

type Call = () => Promise<unknown>;

/** Prepares a held job, and what is done with it. */
const withJob = (end: (held: Lease) => Promise<unknown>) => async ({ orgId }: Cast) => {
  const queue = await createQueue(db, orgId);
  await queue.enqueue("own");
  const [held] = await queue.claim();
  return () => end(held!);
};

const usage = { provider: "p", model: "m", input_tokens: 1, output_tokens: 0 };
const cancelAll = "select private.cancel_jobs(jsonb_build_object('org_id', $1::text))";
const works: [string, (cast: Cast) => Promise<Call>][] = [
  ["a job is completed", withJob((held) => completeAll(db, [held]))],
  ["a job is completed that consumed", withJob((held) => completeAll(db, [{ ...held, usage }]))],
  ["a job fails for good", withJob((held) => fail(db, held, { is_permanent: true }))],
  ["a job is put off", withJob((held) => defer(db, held))],
  ["jobs are cancelled", withJob(({ org_id }) => db.query(cancelAll, [org_id]))],
  ["a training file is published", async ({ orgId }) => {
    const editor = { userId: await createUser(db) };
    await addMember(db, orgId, editor.userId, "editor");
    const begun = await beginFile(db, editor, orgId, [await createConversation(db, orgId, editor)]);
    return () => publish(db, begun);
  }],
  ["a stale training file is told to rebuild", async ({ orgId, editor }) => {
    const conversation = await createConversation(db, orgId, editor as { userId: string });
    const id = await createPublished(db, editor, orgId, [conversation]);
    await enrich(db, editor, conversation);
    return () => patchFile(db, editor, id, { stale_policy: "rebuild" });
  }],
  ["vectors of another model are stored", async ({ orgId, editor }) => {
    const document = await createDocument(db, orgId);
    await train(db, editor, document, chunksOf(models.a, [1, 2]));
    await switchModel(db, models.b, orgId);
    const [held] = await claimReembeddings(db, { documentId: document });
    const chunks = await listReembedChunks(db, held!);
    return () => addReembedded(db, held!, chunks);
  }],
];

describe("an organisation is deleted", () => {
  test.each(works)("without a deadlock while %s", async (_, prepare) => {
    for (let round = 0; round < rounds; round++) {
      const cast = await createCast(db);
      const call = await prepare(cast);

      await Promise.all([
        call().catch((error) => expect(error.message).not.toContain("deadlock")),
        db.query("delete from public.organizations where id = $1", [cast.orgId]),
      ]);
    }
  });
});
