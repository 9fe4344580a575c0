import { afterAll, describe, expect, test } from "vitest";
import { createTestDatabase, only } from "../support/test-database.ts";
import { createCast } from "../database/support/cast.ts";
import type { Lease } from "../database/support/queue.ts";
import {
  addChunks,
  chunk,
  claimTraining,
  complete,
  createDocument,
  liftTrainingCap,
  queueTraining,
  train,
} from "../database/support/training.ts";
import { times, untilBlocked } from "./support/concurrency.ts";
import { pauseMidway } from "./support/pause-midway.ts";

const db = await createTestDatabase();
afterAll(() => db[Symbol.asyncDispose]());
const cast = await createCast(db);
await liftTrainingCap(db);

const words = ["red", "green", "blue", "white", "black", "grey", "pink", "brown"];
const texts = (seed: number) =>
  Array.from({ length: 5 }, (_, at) => words.filter((_, word) => (word + at + seed) % 3).join(" "));
const chunksOf = (seed: number) => texts(seed).map((content, at) => chunk(at, { content }));

/** Rows of search_lexemes that a count of the live chunks does not give, and the other way round. */
const wrongCounts = `
  with counted as (
    select lexeme collate "C" as lexeme, count(*) as chunk_count
    from public.mono_training_chunks as chunk
    join public.vault_documents as document
      on document.id = chunk.vault_document_id and document.chunk_generation = chunk.generation
    cross join unnest(tsvector_to_array(search_vector)) as lexeme
    where chunk.org_id = $1
    group by 1
  ),
  known as (select lexeme, chunk_count from private.search_lexemes where org_id = $1)
  (select * from counted except select * from known)
  union all (select * from known except select * from counted)`;

describe("trainings of one organisation that end at once", () => {
  test("count every word, without a deadlock", async () => {
    for (let round = 0; round < 5; round++) {
      const held: Lease[] = [];
      for (let index = 0; index < 6; index++) {
        const document = await createDocument(db, cast.orgId);
        const { job } = await queueTraining(db, cast.editor, document);
        const lease = await claimTraining(db, job.id);
        await addChunks(db, lease, chunksOf(round + index));
        held.push(lease);
      }

      const outcomes = await Promise.all(
        held.map((lease) => complete(db, lease, { chunkCount: 5 })),
      );

      expect(outcomes).toEqual(Array(6).fill("done"));
      expect(await db.query(wrongCounts, [cast.orgId])).toEqual([]);
    }
  });

  test("beside documents that are deleted and a sweep leave the counts right in the end", async () => {
    for (let round = 0; round < 5; round++) {
      const documents = await times(6, () => createDocument(db, cast.orgId));
      for (const [at, document] of documents.entries()) {
        await train(db, cast.editor, document, chunksOf(at));
      }
      const { job } = await queueTraining(db, cast.editor, documents[0]!);
      const lease = await claimTraining(db, job.id);
      await addChunks(db, lease, chunksOf(round));

      const [outcome] = await Promise.all([
        complete(db, lease, { chunkCount: 5 }),
        db.query("delete from public.vault_documents where id = any ($1::text::uuid[])", [
          `{${documents.slice(1)}}`,
        ]),
        db.query("select private.update_search_indexes()"),
      ]);
      await db.query(
        "update private.search_stats set counted_at = now() - interval '1 day' where true",
      );
      await db.query("select private.update_search_indexes()");

      expect(outcome).toBe("done");
      expect(await db.query(wrongCounts, [cast.orgId])).toEqual([]);
    }
  });

  test("make a count that was begun before them void", async () => {
    const document = await createDocument(db, cast.orgId);
    const { job } = await queueTraining(db, cast.editor, document);
    const lease = await claimTraining(db, job.id);
    await addChunks(db, lease, chunksOf(1));

    const endJob = await pauseMidway(db.transaction, async (client, pause) => {
      await client.query("select public.complete_document_job($1, $2, 1, 5)", [
        lease.job_id,
        lease.lease_token,
      ]);
      await pause();
    });
    const counted = db.query<{ stored: boolean }>(
      "select private.update_search_counts($1) as stored",
      [cast.orgId],
    );
    await untilBlocked(db, "update_search_counts");
    await endJob();

    expect(await counted).toEqual([{ stored: false }]);
    expect(await db.query(wrongCounts, [cast.orgId])).toEqual([]);
  });
});

describe("the graph of a new model", () => {
  test("is made once by two at once", async () => {
    const made = await times(
      2,
      () => db.query<{ made: boolean }>("select private.create_embedding_index('both') as made"),
    );

    expect(made.map((rows) => only(rows).made).sort()).toEqual([false, true]);
  });

  test("is made while chunks are written, without a deadlock", async () => {
    for (let round = 0; round < 5; round++) {
      const model = `model ${round}`;
      const documents = await times(4, () => createDocument(db, cast.orgId));
      const leases: Lease[] = [];
      for (const document of documents) {
        const { job } = await queueTraining(db, cast.editor, document);
        leases.push(await claimTraining(db, job.id));
      }
      const write = (at: number) =>
        addChunks(db, leases[at]!, [
          chunk(0, { embedding_model: model }),
          chunk(1, { embedding_model: model }),
        ]);
      expect(await write(0)).toBe("ok");

      const [, ...states] = await Promise.all([
        db.query("select private.update_search_indexes()"),
        write(1),
        write(2),
        write(3),
      ]);

      expect(states).toEqual(["ok", "ok", "ok"]);
      const indexes = await db.query(
        "select private.get_embedding_index($1) as name where private.get_embedding_index($1) is not null",
        [model],
      );
      expect(indexes).toHaveLength(1);
    }
  });

  test("gives way to a writer that takes long", async () => {
    const endWrite = await pauseMidway(db.transaction, async (client, pause) => {
      await client.query("delete from public.mono_training_chunks where org_id = $1", [
        crypto.randomUUID(),
      ]);
      await pause();
    });

    const made = only(
      await db.query<{ made: boolean }>("select private.create_embedding_index('later') as made"),
    ).made;
    await endWrite();

    expect(made).toBe(false);
  });
});
