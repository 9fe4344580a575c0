import type postgres from "postgres";
import type { BenchServer } from "../bench-server.ts";
import { copyCorpus } from "./copy-corpus.ts";
import type { Corpus } from "./make-corpus.ts";

/** The model that the vectors are said to come from. */
export const model = "bench-model";

/** What building the indexes has taken. */
export interface Built {
  ours: { seconds: number; megabytes: number };
  guide: { seconds: number; megabytes: number };
}

/** The member of all organisations who asks. */
export const userId = "00000000-0000-4000-8000-000000000001";

/** The ids that rows of the corpus have in both tables, by their numbers. */
export function toUuid(number: number): string {
  return `00000000-0000-0000-0000-${number.toString(16).padStart(12, "0")}`;
}

/**
 * Fills Maestro's tables and those of the guides with the same corpus in the same order, and
 * builds the index of each with the same means.
 */
export async function loadCorpus(
  { sql }: BenchServer,
  corpus: Corpus,
  say: (text: string) => void,
): Promise<Built> {
  await copyCorpus(sql, corpus);
  const peers = await Deno.readTextFile(new URL("./peers.sql", import.meta.url));
  await sql.begin((one) => one.unsafe(`set local search_path = public, extensions; ${peers}`));
  say("the corpus is copied");
  await fillOrganisations(sql, corpus);
  await Promise.all([fillOurs(sql), fillGuide(sql)]);
  say("the tables are filled");
  const ours = await build(sql, async (one) => {
    await one`select private.add_embedding_models(array[${model}])`;
    await one`select private.create_embedding_index(${model})`;
  });
  const guide = await build(sql, async (one) => {
    await one`
      create index documents_embedding_idx on public.documents
      using hnsw (embedding extensions.vector_cosine_ops)`;
  });
  say(`the graphs are built, ours in ${ours.toFixed(1)} s, the guide's in ${guide.toFixed(1)} s`);
  await Promise.all([
    finish(sql, "public.mono_training_chunks"),
    finish(sql, "public.documents"),
  ]);
  return {
    ours: { seconds: ours, megabytes: await measure(sql, "mono_training_chunks%embedding_idx") },
    guide: { seconds: guide, megabytes: await measure(sql, "documents_embedding_idx") },
  };
}

async function fillOrganisations(sql: postgres.Sql, corpus: Corpus): Promise<void> {
  await sql`insert into auth.users (id, email) values (${userId}, 'bench@example.test')`;
  const ids = corpus.orgSizes.map((_, org) => toUuid(org));
  await sql`insert into public.organizations (id, name) select unnest(${ids}::uuid[]), 'Bench'`;
  // What is counted is measured; what is refused would not be.
  await sql`update private.quotas set max_count = 1000000000000`;
  await sql`
    insert into public.organization_members (org_id, user_id, role)
    select id, ${userId}, 'viewer' from public.organizations`;
}

async function fillOurs(sql: postgres.Sql): Promise<void> {
  const toId = (column: string) => sql.unsafe(`lpad(to_hex(${column}), 32, '0')::uuid`);
  await sql`
    insert into public.vault_documents (id, org_id, title, storage_path, mime_type, chunk_generation)
    select id, org_id, 'Document', org_id || '/' || id || '/text.md', 'text/markdown', 1
    from (
      select distinct ${toId("document")} as id, ${toId("org")} as org_id from bench_corpus
    ) as document`;
  await sql`
    insert into public.mono_training_chunks (
      org_id, id, vault_document_id, generation, ordinal, content, start_offset, end_offset,
      token_count, content_hash, embedding_model, embedding
    )
    select ${toId("org")}, ${toId("number")}, ${toId("document")}, 1, number, content, 0,
      length(content), 200, md5(content), ${model}, embedding::extensions.halfvec
    from bench_corpus order by number`;
  await sql`select private.update_search_counts(id) from public.organizations`;
}

async function fillGuide(sql: postgres.Sql): Promise<void> {
  await sql`
    insert into public.documents (id, org_id, content, metadata, embedding)
    select number, lpad(to_hex(org), 32, '0')::uuid, content, jsonb_build_object('org', org, 'number', number),
      embedding
    from bench_corpus order by number`;
  await sql`create index documents_fts_idx on public.documents using gin (fts)`;
  await sql`create index documents_metadata_idx on public.documents using gin (metadata)`;
  await sql`create index documents_org_id_idx on public.documents (org_id)`;
}

/** Seconds that it takes on a connection with room for a graph. */
async function build(
  sql: postgres.Sql,
  work: (one: postgres.ReservedSql) => Promise<void>,
): Promise<number> {
  const one = await sql.reserve();
  try {
    await one`set maintenance_work_mem = '1GB'`;
    const before = performance.now();
    await work(one);
    return (performance.now() - before) / 1000;
  } finally {
    await one`reset maintenance_work_mem`;
    one.release();
  }
}

/** As autovacuum would before long: statistics, and words out of the lists of what is pending. */
async function finish(sql: postgres.Sql, table: string): Promise<void> {
  await sql.unsafe(`vacuum analyze ${table}`);
}

async function measure(sql: postgres.Sql, pattern: string): Promise<number> {
  const [row] = await sql<{ megabytes: number }[]>`
    select sum(pg_relation_size(index.indexrelid))::float8 / 1e6 as megabytes
    from pg_index as index
    join pg_class as class on class.oid = index.indexrelid
    join pg_am as method on method.oid = class.relam
    where method.amname = 'hnsw' and class.relkind = 'i'
      and class.relname like ${pattern}`;
  return row?.megabytes ?? 0;
}
