import { afterAll, describe, expect, test } from "vitest";
import { createCast } from "../database/support/cast.ts";
import { fail, type Lease } from "../database/support/queue.ts";
import {
  addChunks,
  chunk,
  claimTraining,
  complete,
  createDocument,
  liftTrainingCap,
  queueTraining,
} from "../database/support/training.ts";
import { createTestDatabase } from "../support/test-database.ts";

const rounds = 30;
const db = await createTestDatabase();
afterAll(() => db[Symbol.asyncDispose]());
await liftTrainingCap(db);

const usage = { provider: "p", model: "m", input_tokens: 1, output_tokens: 0 };
const calls: [string, (held: Lease) => Promise<unknown>][] = [
  ["stores chunks", (held) => addChunks(db, held, [chunk(1), chunk(2)])],
  ["completes", (held) => complete(db, held, { chunkCount: 1 })],
  ["fails", (held) => fail(db, held, { usage })],
];

describe.each(["vault_documents", "organizations"])("a deletion from %s", (table) => {
  test.each(calls)("and a worker that %s at once do not deadlock", async (_, call) => {
    for (let round = 0; round < rounds; round++) {
      const cast = await createCast(db);
      const document = await createDocument(db, cast.orgId);
      const { job } = await queueTraining(db, cast.editor, document);
      const held = await claimTraining(db, job.id);
      await addChunks(db, held, [chunk(0)]);
      const id = table === "organizations" ? cast.orgId : document;

      await Promise.all([
        call(held),
        db.query(`delete from public.${table} where id = $1`, [id]),
      ]);
    }
    expect(await db.query("select from private.interrupted_vectors")).toEqual([]);
  });
});
