import fc from "fast-check";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { createTestDatabase, only } from "../support/test-database.ts";
import { type Cast, createCast } from "./support/cast.ts";
import { sqlStateOf } from "./support/rejection.ts";
import {
  addChunks,
  chunk,
  claimTraining,
  createDocument,
  createSet,
  liftTrainingCap,
  queueTraining,
  train,
} from "./support/training.ts";

const db = await createTestDatabase();
afterAll(() => db[Symbol.asyncDispose]());
await liftTrainingCap(db);
let cast: Cast;
beforeEach(async () => {
  cast = await createCast(db);
});

const chunksOf = (texts: string[]) => texts.map((content, at) => chunk(at, { content }));

async function readStats(orgId = cast.orgId) {
  const [stats] = await db.query<{ chunk_count: number; languages: string[] }>(
    "select chunk_count::integer, languages from private.search_stats where org_id = $1",
    [orgId],
  );
  const words = await db.query<{ lexeme: string; chunk_count: number }>(
    `select lexeme, chunk_count::integer from private.search_lexemes
     where org_id = $1 order by lexeme`,
    [orgId],
  );
  const counts = Object.fromEntries(words.map((row) => [row.lexeme, row.chunk_count]));
  return { chunks: stats?.chunk_count, languages: stats?.languages, words: counts };
}

/** What it would be if it were counted now, from the chunks that readers see. */
async function countedStats() {
  const words = await db.as(
    cast.viewer,
    (client) =>
      client.query<{ lexeme: string; chunk_count: number }>(
        `select lexeme collate "C" as lexeme, count(*)::integer as chunk_count
       from public.mono_training_chunks as chunk
       cross join unnest(tsvector_to_array(search_vector)) as lexeme
       where org_id = $1 group by 1 order by 1`,
        [cast.orgId],
      ),
  );
  const { chunks } = only(
    await db.as(cast.viewer, (client) =>
      client.query<{ chunks: number }>(
        "select count(*)::integer as chunks from public.mono_training_chunks where org_id = $1",
        [cast.orgId],
      )),
  );
  return { chunks, words: Object.fromEntries(words.map((row) => [row.lexeme, row.chunk_count])) };
}

/** As cron does it, a day later. */
async function sweep(): Promise<void> {
  await db.query(
    "update private.search_stats set counted_at = now() - interval '1 day' where true",
  );
  // A run that makes an index does nothing else.
  for (let run = 0; run < 2; run++) await db.query("select private.update_search_indexes()");
}

describe("search_stats", () => {
  test("count a document's chunks and words when it goes live, not before", async () => {
    const document = await createDocument(db, cast.orgId);
    const { job } = await queueTraining(db, cast.editor, document);
    const lease = await claimTraining(db, job.id);
    await addChunks(db, lease, chunksOf(["Holiday homes", "Holidays in Riga"]));
    expect((await readStats()).chunks).toBeUndefined();

    await db.as(
      "service_role",
      (client) =>
        client.query("select public.complete_document_job($1, $2, 1, 2)", [
          lease.job_id,
          lease.lease_token,
        ]),
    );

    expect(await readStats()).toEqual({
      chunks: 2,
      languages: ["english"],
      words: { holiday: 2, home: 1, riga: 1 },
    });
  });

  test("follow a document that is trained again", async () => {
    const document = await createDocument(db, cast.orgId);
    await train(db, cast.editor, document, chunksOf(["red green", "red blue", "white"]));
    await train(db, cast.editor, document, chunksOf(["red green", "black"]));

    expect(await readStats()).toMatchObject({ chunks: 2, words: { red: 1, green: 1, black: 1 } });
    expect(Object.keys((await readStats()).words)).toHaveLength(3);
  });

  test("are what a count would give, after any trainings", async () => {
    const words = fc.array(fc.constantFrom("red", "green", "blue", "holiday", "it's", "ümlaut"), {
      minLength: 1,
      maxLength: 4,
    }).map((list) => list.join(" "));
    const trainings = fc.array(
      fc.record({ document: fc.nat({ max: 1 }), texts: fc.array(words, { maxLength: 3 }) }),
      { minLength: 1, maxLength: 4 },
    );

    await fc.assert(
      fc.asyncProperty(trainings, async (list) => {
        cast = await createCast(db);
        const documents = [
          await createDocument(db, cast.orgId),
          await createDocument(db, cast.orgId),
        ];
        for (const { document, texts } of list) {
          await train(db, cast.editor, documents[document]!, chunksOf(texts));
        }

        const { chunks, words } = await readStats();
        expect({ chunks, words }).toEqual(await countedStats());
      }),
      { numRuns: 10 },
    );
  });

  test.each(["is deleted", "leaves its last set"])(
    "are counted anew after a document %s",
    async (what) => {
      const document = await createDocument(db, cast.orgId);
      await train(db, cast.editor, document, chunksOf(["red green"]));
      await train(db, cast.editor, await createDocument(db, cast.orgId), chunksOf(["red"]));

      await db.as(
        cast.admin,
        (client) =>
          what === "is deleted"
            ? client.query("delete from public.vault_documents where id = $1", [document])
            : client.query("delete from public.mono_training_docs where vault_document_id = $1", [
              document,
            ]),
      );
      await sweep();

      expect(await readStats()).toMatchObject({ chunks: 1, words: { red: 1 } });
      expect((await readStats()).words).not.toHaveProperty("green");
      expect(await db.query("select from private.search_recounts where org_id = $1", [cast.orgId]))
        .toEqual([]);
    },
  );

  test("are left alone where a document leaves one of two sets", async () => {
    const document = await createDocument(db, cast.orgId);
    await train(db, cast.editor, document, chunksOf(["red green"]));
    await createSet(db, cast.orgId, [document]);

    await db.query(
      `delete from public.mono_training_docs where id = (
         select id from public.mono_training_docs where vault_document_id = $1
         order by created_at limit 1
       )`,
      [document],
    );
    await sweep();

    expect(await readStats()).toMatchObject({ chunks: 1, words: { red: 1, green: 1 } });
  });

  test("of a large organisation are not counted again at once", async () => {
    const document = await createDocument(db, cast.orgId);
    await train(db, cast.editor, document, chunksOf(["red"]));
    await db.query("update private.search_stats set chunk_count = 36000 where org_id = $1", [
      cast.orgId,
    ]);
    await db.query("insert into private.search_recounts (org_id) values ($1)", [cast.orgId]);

    await db.query(
      "update private.search_stats set counted_at = now() - interval '59 minutes' where org_id = $1",
      [cast.orgId],
    );
    for (let run = 0; run < 2; run++) await db.query("select private.update_search_indexes()");
    expect((await readStats()).chunks).toBe(36000);

    await db.query(
      "update private.search_stats set counted_at = now() - interval '61 minutes' where org_id = $1",
      [cast.orgId],
    );
    await db.query("select private.update_search_indexes()");
    expect((await readStats()).chunks).toBe(1);
  });

  test("go with their organisation", async () => {
    await train(db, cast.editor, await createDocument(db, cast.orgId), chunksOf(["secret"]));

    await db.query("delete from public.organizations where id = $1", [cast.orgId]);

    for (const table of ["search_stats", "search_lexemes", "search_recounts"]) {
      const rows = await db.query(`select from private.${table} where org_id = $1`, [cast.orgId]);
      expect(rows).toEqual([]);
    }
  });

  test.each(["search_stats", "search_lexemes", "search_settings", "embedding_models"])(
    "keep everybody from %s",
    async (table) => {
      for (const persona of [cast.owner, "anon", "service_role"] as const) {
        const work = db.as(persona, (client) => client.query(`select from private.${table}`));

        expect(await sqlStateOf(work)).toBe("42501");
      }
    },
  );
});
