import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createTestDatabase, only } from "../support/test-database.ts";
import { createCast } from "./support/cast.ts";
import { chunk, createDocument, liftTrainingCap, train, vector } from "./support/training.ts";

const db = await createTestDatabase();
afterAll(() => db[Symbol.asyncDispose]());
const cast = await createCast(db);

const count = 40;
const quarter = Math.PI / 2;

beforeAll(async () => {
  await liftTrainingCap(db);
  const document = await createDocument(db, cast.orgId, { title: "Notices" });
  await train(
    db,
    cast.editor,
    document,
    // From the direction of the question evenly away from it; only the farthest has the rare word.
    Array.from({ length: count }, (_, ordinal) => {
      const angle = quarter * ordinal / count;
      const word = ordinal === count - 1 ? "quokka" : "badger";
      return chunk(ordinal, {
        content: `Notice about the ${word} in yard ${ordinal}.`,
        embedding: vector(Math.cos(angle), Math.sin(angle)),
      });
    }),
  );
});

async function search(query: string, mode = "hybrid") {
  return await db.as(cast.viewer, (client) =>
    client.query<{ ordinal: number; score: number }>(
      `select ordinal, score from public.search_knowledge(
         p_org_id => $1, p_query => $2, p_embedding => $3::text::extensions.vector,
         p_mode => $4, p_match_count => 50
       )`,
      [cast.orgId, query, vector(1, 0), mode],
    ));
}

async function lead(scores: number[], leastCount: number, power = 1): Promise<number | null> {
  const { lead } = only(
    await db.query<{ lead: number | null }>(
      `select private.get_lead($1::text::double precision[], $2::text::integer, own) as lead
       from (select (jsonb_populate_record(settings, jsonb_build_object('lead_power', $3::text::real))).*
         from private.search_settings as settings) as own`,
      [`{${scores.join()}}`, leastCount, power],
    ),
  );
  return lead;
}

/** Does something with other settings, which are as before afterwards. */
async function withSettings(settings: string, work: () => Promise<void>): Promise<void> {
  await db.query(`update private.search_settings set ${settings} where id`);
  try {
    await work();
  } finally {
    await db.query(
      "update private.search_settings set lead_power = default, fusion = default, meaning_weight = default, words_weight = default where id",
    );
  }
}

describe("get_lead", () => {
  test("is how many standard deviations the best stands above the mean", async () => {
    expect(await lead([1, 1, 3, 1], 0)).toBeCloseTo(Math.sqrt(3), 10);
    expect(await lead([1, 1, 3, 1], 0, 1.5)).toBeCloseTo(3 ** 0.75, 10);
    expect(await lead([5, -1], 0)).toBeCloseTo(1, 10);
  });

  test("takes matches that are missing for ones of 0", async () => {
    // One of 20: mean 1/20, standard deviation sqrt(1/20 - 1/400).
    expect(await lead([7], 20)).toBeCloseTo(0.95 / Math.sqrt(0.0475), 10);
    expect(await lead([1, 1, 3, 1], 2)).toBeCloseTo(Math.sqrt(3), 10);
  });

  test("is 1 where nothing stands out, with power 0, and null where there is nothing", async () => {
    expect(await lead([2, 2, 2], 0)).toBe(1);
    expect(await lead([2], 0)).toBe(1);
    expect(await lead([1, 9], 20, 0)).toBe(1);
    expect(await lead([], 20)).toBeNull();
  });
});

describe("hybrid search", () => {
  test("leads with the one chunk that has a rare word, however far its meaning", async () => {
    expect((await search("quokka"))[0]!.ordinal).toBe(count - 1);
  });

  test("goes by meaning where a word is in every chunk", async () => {
    const ordinals = (await search("notice")).map(({ ordinal }) => ordinal);

    expect(ordinals).toEqual(ordinals.toSorted((a, b) => a - b));
  });

  test("goes by meaning where no word is found", async () => {
    const rows = await search("zebra");

    expect(rows.map(({ ordinal }) => ordinal)).toEqual(Array.from(rows, (_, index) => index));
    expect(rows[0]!.score).toBe(1);
  });

  test("scores from 0 to 1", async () => {
    for (const query of ["quokka", "notice", "badger yard 7", "the"]) {
      const scores = (await search(query)).map(({ score }) => score);

      expect(scores).toHaveLength(count);
      expect(Math.max(...scores)).toBeLessThanOrEqual(1);
      expect(Math.min(...scores)).toBeGreaterThanOrEqual(0);
    }
  });

  test("keeps to its weights with power 0", async () => {
    await withSettings("lead_power = 0, meaning_weight = 0.7, words_weight = 0.3", async () => {
      const rows = await search("quokka");

      expect(rows[0]!.ordinal).toBe(0);
      expect(rows[0]!.score).toBeCloseTo(0.7, 6);
      expect(rows.find(({ ordinal }) => ordinal === count - 1)!.score).toBeCloseTo(0.3, 6);
    });
  });

  test("fuses ranks when it is told to", async () => {
    await withSettings("fusion = 'ranks', meaning_weight = 1, words_weight = 2", async () => {
      const rows = await search("quokka");

      expect(rows[0]!.ordinal).toBe(count - 1);
      expect(rows[0]!.score).toBeCloseTo(2 / 11 + 1 / (10 + count), 6);
      expect(rows[1]!.score).toBeCloseTo(1 / 11, 6);
    });
  });
});
