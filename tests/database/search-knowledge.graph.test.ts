import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createTestDatabase, only } from "../support/test-database.ts";
import { createCast } from "./support/cast.ts";
import { createDocument, vector } from "./support/training.ts";

const db = await createTestDatabase();
afterAll(() => db[Symbol.asyncDispose]());
const cast = await createCast(db);

/** Chunks of the organisation; the other one has as many. */
const size = 250;
let document: string;
let rareDocument: string;

/** Documents on a circle in 1024 dimensions, live, each chunk a little further round. */
async function fill(orgId: string, count: number, { from = 0, metadata = "{}" } = {}) {
  const id = await createDocument(db, orgId);
  await db.query("update public.vault_documents set chunk_generation = 1 where id = $1", [id]);
  await db.query(
    `insert into public.mono_training_chunks (
       org_id, vault_document_id, generation, ordinal, content, start_offset, end_offset,
       token_count, content_hash, metadata, embedding_model, embedding
     )
     select $1::text::uuid, $2::text::uuid, 1, place, 'Passage ' || place, 0, 1, 1, 'x',
       $3::text::jsonb, 'graph-model',
       (array[cos(angle), sin(angle)] || array_fill(0, array[1022]))
         ::extensions.halfvec(1024)
     from generate_series($4::integer, $4::integer + $5::integer - 1) as place
     -- So far apart that half precision tells them apart; the rare ones are the farthest.
     cross join lateral (
       select case when place < 3000 then place else place - 2590 end * 0.007::float8 as angle
     ) as own`,
    [orgId, id, metadata, from, count],
  );
  await db.query("select private.update_search_counts($1)", [orgId]);
  return id;
}

beforeAll(async () => {
  document = await fill(cast.orgId, size);
  rareDocument = await fill(cast.orgId, 12, { from: 3000, metadata: '{"topic":"rare"}' });
  await fill(cast.strangerOrgId, size);
  await db.query("select private.add_embedding_models(array['graph-model'])");
  await db.query("select private.update_search_indexes()");
  await db.exec("analyze public.mono_training_chunks");
});

/** Matches, and whether a graph was read for them. */
async function explain(options: Record<string, string | number> = {}, model = "graph-model") {
  const names = Object.keys(options);
  const further = names.map((name, index) =>
    `, p_${name} => $${index + 4}::text::${
      { vault_document_ids: "uuid[]", metadata: "jsonb" }[name] ?? "integer"
    }`
  );
  return await db.as(cast.viewer, async (client) => {
    // Within a transaction, what it has read is known at once.
    const countScans = async () =>
      only(
        await client.query<{ scans: number }>(
          `select sum(pg_stat_get_xact_numscans(class.oid))::integer as scans
           from pg_class as class join pg_am as method on method.oid = class.relam
           where method.amname = 'hnsw' and class.relkind = 'i'`,
        ),
      ).scans;
    const before = await countScans();
    const rows = await client.query<{ ordinal: number; document_id: string }>(
      `select ordinal, document_id from public.search_knowledge($1, 'x',
         $2::text::extensions.vector, p_mode => 'vector', p_embedding_model => $3${
        further.join("")
      })`,
      [cast.orgId, vector(1, 0), model, ...Object.values(options).map(String)],
    );
    return { rows, isByGraph: await countScans() > before };
  });
}

const search = async (...parameters: Parameters<typeof explain>) =>
  (await explain(...parameters)).rows;
const isByGraph = async (...parameters: Parameters<typeof explain>) =>
  (await explain(...parameters)).isByGraph;

async function withFactor<T>(factor: number, work: () => Promise<T>): Promise<T> {
  await db.query("update private.search_settings set exact_factor = $1::text::real where id", [
    String(factor),
  ]);
  try {
    return await work();
  } finally {
    await db.query("update private.search_settings set exact_factor = default where id");
  }
}

const nearest = (count: number) => Array.from({ length: count }, (_, place) => place);

describe("search_knowledge in a large organisation", () => {
  test("reads the graph of the model", async () => {
    expect(await withFactor(0.1, () => isByGraph())).toBe(true);
  });

  test("finds what a comparison with every chunk finds", async () => {
    const exact = await search({ match_count: 50 });
    const byGraph = await withFactor(0.1, () => search({ match_count: 50 }));

    expect(exact.map(({ ordinal }) => ordinal)).toEqual(nearest(50));
    expect(byGraph).toEqual(exact);
  });

  test("answers in full where the graph finds too few", async () => {
    const filters: Record<string, string>[] = [
      { vault_document_ids: `{${rareDocument}}` },
      { metadata: '{"topic":"rare"}' },
    ];
    for (const filter of filters) {
      const rows = await withFactor(0.0001, () => search({ match_count: 50, ...filter }));

      expect(rows.map(({ ordinal }) => ordinal)).toEqual(nearest(12).map((place) => 3000 + place));
    }
  });

  test("compares what a narrow filter lets through one by one", async () => {
    const filter = { vault_document_ids: `{${rareDocument}}` };

    expect(await withFactor(0.1, () => isByGraph(filter))).toBe(false);
    expect(
      await withFactor(0.1, () => isByGraph({ vault_document_ids: `{${document}}` })),
    ).toBe(true);
  });

  test("does not see in the graph what is not live", async () => {
    const staged = await fill(cast.orgId, 20, { from: 0 });
    await db.query("update public.vault_documents set chunk_generation = 2 where id = $1", [
      staged,
    ]);

    const rows = await withFactor(0.1, () => search({ match_count: 50 }));

    expect(new Set(rows.map(({ document_id }) => document_id))).toEqual(new Set([document]));
    expect(rows).toHaveLength(50);
  });

  test("never sees another organisation's chunks in the graph that they share", async () => {
    const rows = await withFactor(0.1, () => search({ match_count: 50 }));

    expect(new Set(rows.map(({ document_id }) => document_id))).toEqual(new Set([document]));
  });
});

describe("search_knowledge in a small organisation", () => {
  test("compares every chunk", async () => {
    expect(await isByGraph()).toBe(false);
  });

  test("needs no graph for a model that has none yet", async () => {
    await db.query(
      "update public.mono_training_chunks set embedding_model = 'new' where ordinal < 9",
    );
    const rows = await withFactor(0.1, () => search({}, "new"));
    await db.query(
      "update public.mono_training_chunks set embedding_model = 'graph-model' where ordinal < 9",
    );

    expect(rows.map(({ ordinal }) => ordinal)).toEqual(nearest(8));
  });
});

describe("the graph of a model", () => {
  const models = () =>
    db.query<{ definition: string }>(
      `select pg_get_indexdef(indexrelid) as definition from pg_index
       where indrelid = 'public.mono_training_chunks'::regclass
         and pg_get_indexdef(indexrelid) like '%hnsw%' order by 1`,
    );

  test("holds its vectors only", async () => {
    expect(await models()).toEqual([{
      definition: expect.stringContaining("(embedding_model = 'graph-model'::text)"),
    }]);
  });

  test("is made once, one in each run, whatever the model is called", async () => {
    const odd = `it's a "model"; drop table x; --\\ ${"x".repeat(200)}`;
    await db.query("select private.add_embedding_models(array[$1, $1, null])", [odd]);

    for (let round = 0; round < 3; round++) {
      await db.query("select private.update_search_indexes()");
      expect(await models()).toHaveLength(2);
    }
    expect(JSON.stringify(await models())).toContain("it''s a");
  });
});
