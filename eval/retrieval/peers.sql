-- What a user would have without Maestro, on the same chunks and vectors, in a schema of the eval.
create schema eval;

-- As in Supabase's guides to semantic and hybrid search, without an approximate index: the peers
-- are measured at their best.
create table eval.documents (
  id bigint primary key generated always as identity,
  vault_document_id uuid not null,
  content text not null,
  fts tsvector generated always as (to_tsvector('english', content)) stored,
  embedding extensions.vector(1024)
);

insert into eval.documents (vault_document_id, content, embedding)
select chunk.vault_document_id, chunk.content, chunk.embedding::extensions.vector(1024)
from public.mono_training_chunks as chunk
join public.vault_documents as document
  on document.id = chunk.vault_document_id and document.chunk_generation = chunk.generation
order by chunk.vault_document_id, chunk.ordinal;

create index on eval.documents using gin (fts);

create function eval.match_documents(
  query_embedding extensions.vector(1024),
  match_threshold double precision,
  match_count integer
)
returns setof eval.documents
language sql
set search_path = eval, extensions
as $$
  select *
  from documents
  where documents.embedding <=> query_embedding < 1 - match_threshold
  order by documents.embedding <=> query_embedding asc
  limit least(match_count, 200);
$$;

create function eval.hybrid_search(
  query_text text,
  query_embedding extensions.vector(1024),
  match_count integer,
  full_text_weight double precision = 1,
  semantic_weight double precision = 1,
  rrf_k integer = 50
)
returns setof eval.documents
language sql
set search_path = eval, extensions
as $$
  with full_text as (
    select
      id,
      row_number() over (order by ts_rank_cd(fts, websearch_to_tsquery('english', query_text)) desc) as rank_ix
    from documents
    where fts @@ websearch_to_tsquery('english', query_text)
    order by rank_ix
    limit least(match_count, 30) * 2
  ),
  semantic as (
    select id, row_number() over (order by embedding <#> query_embedding) as rank_ix
    from documents
    order by rank_ix
    limit least(match_count, 30) * 2
  )
  select documents.*
  from full_text
  full outer join semantic on full_text.id = semantic.id
  join documents on coalesce(full_text.id, semantic.id) = documents.id
  order by
    coalesce(1.0 / (rrf_k + full_text.rank_ix), 0.0) * full_text_weight
      + coalesce(1.0 / (rrf_k + semantic.rank_ix), 0.0) * semantic_weight desc
  limit least(match_count, 30);
$$;

-- Okapi BM25 with k1 1.2 and b 0.75, and Lucene's idf, which is never below 0.
create table eval.postings as
select documents.id, term.lexeme, cardinality(term.positions) as tf
from eval.documents cross join unnest(documents.fts) as term;
create index on eval.postings (lexeme);

create table eval.weights as
select lexeme, ln(1 + (corpus.size - count(*) + 0.5) / (count(*) + 0.5)) as idf
from eval.postings cross join (select count(*) as size from eval.documents) as corpus
group by lexeme, corpus.size;
create index on eval.weights (lexeme);

create table eval.lengths as
select id, sum(tf) as length, avg(sum(tf)) over () as average
from eval.postings
group by id;
create index on eval.lengths (id);

create function eval.bm25(query_text text)
returns table (vault_document_id uuid, score double precision)
language sql
as $$
  with scored as (
    select
      posting.id,
      sum(
        weight.idf * posting.tf * 2.2
          / (posting.tf + 1.2 * (0.25 + 0.75 * length.length / length.average))
      )::double precision as score
    from unnest(tsvector_to_array(to_tsvector('english', query_text))) as word
    join eval.weights as weight on weight.lexeme = word
    join eval.postings as posting on posting.lexeme = word
    join eval.lengths as length on length.id = posting.id
    group by posting.id
  )
  select document.vault_document_id, max(scored.score) as score
  from scored
  join eval.documents as document on document.id = scored.id
  group by document.vault_document_id
  order by score desc, document.vault_document_id
  limit 100;
$$;

analyze eval.documents, eval.postings, eval.weights, eval.lengths;
