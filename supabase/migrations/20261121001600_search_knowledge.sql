-- Search over the chunks of an organisation: by meaning, by words, or both fused.
create function private.get_or_query(query text)
returns tsquery
language sql
immutable
security invoker
set search_path = ''
as $$
  -- Any word may match: with all of them required, nine questions of ten find nothing.
  select string_agg('''' || replace(replace(word, '\', '\\'), '''', '''''') || '''', ' | ')::tsquery
  from unnest(tsvector_to_array(to_tsvector('pg_catalog.english', get_or_query.query))) as word
$$;
comment on function private.get_or_query(text) is
  'The words of a question as a text-search query that any of them satisfies; null when there are only stop words.';
revoke all on function private.get_or_query(text) from public, anon, authenticated, service_role;

create function private.search_knowledge(
  org_id uuid,
  query text,
  embedding extensions.vector,
  match_count integer,
  mode text,
  training_set_ids uuid[],
  vault_document_ids uuid[],
  metadata jsonb,
  min_similarity double precision,
  embedding_model text
)
returns table (
  source text, id uuid, document_id uuid, title text, content text, heading_path text[],
  ordinal integer, start_offset integer, end_offset integer, token_count integer,
  score double precision, similarity double precision, text_rank double precision
)
language plpgsql
stable
security definer
set search_path = ''
set plan_cache_mode = 'force_custom_plan'
set jit = 'off'
as $$
#variable_conflict use_column
declare
  depth constant integer := 50;
  question extensions.halfvec(1024) := search_knowledge.embedding::extensions.halfvec(1024);
  words tsquery := private.get_or_query(search_knowledge.query);
  model text;
begin
  perform private.assert_org_role(search_knowledge.org_id, 'viewer');
  -- In the snapshot that the chunks are read in: a switch comes before both or after both.
  model := private.get_searched_model(search_knowledge.org_id, search_knowledge.embedding_model);
  return query
  with live as not materialized (
    select chunk.*, document.title
    from public.mono_training_chunks as chunk
    join public.vault_documents as document
      on document.org_id = chunk.org_id and document.id = chunk.vault_document_id
      and document.chunk_generation = chunk.generation
    where chunk.org_id = search_knowledge.org_id
      and (model is null or chunk.embedding_model = model)
      and (search_knowledge.vault_document_ids is null
        or chunk.vault_document_id = any (search_knowledge.vault_document_ids))
      and (search_knowledge.metadata is null or chunk.metadata @> search_knowledge.metadata)
      and (search_knowledge.training_set_ids is null or exists (
        select from public.mono_training_docs as doc
        where doc.org_id = chunk.org_id and doc.vault_document_id = chunk.vault_document_id
          and doc.training_set_id = any (search_knowledge.training_set_ids)
      ))
  ),
  by_meaning as (
    select live.id, 1 - (live.embedding operator(extensions.<=>) question) as similarity
    from live
    where search_knowledge.mode <> 'text'
    order by live.embedding operator(extensions.<=>) question, live.id
    limit depth
  ),
  by_words as (
    select live.id, ts_rank(live.search_vector, words, 1)::double precision as text_rank
    from live
    where search_knowledge.mode <> 'vector' and live.search_vector @@ words
    order by text_rank desc, live.id
    limit depth
  ),
  -- Both arms on a scale from 0 to 1 before they are added.
  scaled as (
    select id, similarity, null::double precision as text_rank,
      0.7 * coalesce(
        (similarity - min(similarity) over ()) / nullif(max(similarity) over () - min(similarity) over (), 0), 1
      ) as score
    from by_meaning
    union all
    select id, null, text_rank, 0.3 * text_rank / nullif(max(text_rank) over (), 0)
    from by_words
  ),
  fused as (
    select id, max(similarity) as similarity, max(text_rank) as text_rank,
      case search_knowledge.mode
        when 'vector' then max(similarity) when 'text' then max(text_rank) else sum(score)
      end as score
    from scaled
    group by id
  )
  select
    'chunk', live.id, live.vault_document_id, live.title, live.content, live.heading_path,
    live.ordinal, live.start_offset, live.end_offset, live.token_count,
    fused.score,
    coalesce(fused.similarity, 1 - (live.embedding operator(extensions.<=>) question)),
    fused.text_rank
  from fused
  join live on live.id = fused.id
  where search_knowledge.min_similarity is null
    or 1 - (live.embedding operator(extensions.<=>) question) >= search_knowledge.min_similarity
  order by fused.score desc, live.id
  limit least(greatest(search_knowledge.match_count, 0), 50);
end
$$;
comment on function private.search_knowledge(
  uuid, text, extensions.vector, integer, text, uuid[], uuid[], jsonb, double precision, text
) is
  'The best chunks of an organisation. Raises ORG_NOT_FOUND for a stranger before it reads anything, EMBEDDING_MODEL_CHANGED for a question embedded with another model than the organisation''s. Definer: under row-level security the text index is not used; membership is asked for first and every arm carries the organisation.';
revoke all on function private.search_knowledge(
  uuid, text, extensions.vector, integer, text, uuid[], uuid[], jsonb, double precision, text
) from public, anon, authenticated, service_role;
grant execute on function private.search_knowledge(
  uuid, text, extensions.vector, integer, text, uuid[], uuid[], jsonb, double precision, text
) to authenticated;

create function public.search_knowledge(
  p_org_id uuid,
  p_query text,
  p_embedding extensions.vector default null,
  p_match_count integer default 8,
  p_sources text[] default array['chunk'],
  p_mode text default 'hybrid',
  p_training_set_ids uuid[] default null,
  p_vault_document_ids uuid[] default null,
  p_metadata jsonb default null,
  p_min_similarity double precision default null,
  p_embedding_model text default null
)
returns table (
  source text, id uuid, document_id uuid, title text, content text, heading_path text[],
  ordinal integer, start_offset integer, end_offset integer, token_count integer,
  score double precision, similarity double precision, text_rank double precision
)
language plpgsql
stable
security invoker
set search_path = ''
as $$
begin
  if coalesce(char_length(p_query), 0) not between 1 and 2000
    or coalesce(p_mode not in ('hybrid', 'vector', 'text'), true)
    or coalesce(cardinality(p_sources) = 0 or not p_sources <@ array['chunk'], true)
    or (p_embedding is null and p_mode <> 'text')
    or (p_embedding is not null and extensions.vector_dims(p_embedding) <> 1024)
    -- As the stored vectors have it, where a very short one has no length at all.
    or extensions.l2_norm(p_embedding::extensions.halfvec) = 0
  then
    perform private.raise_error(
      'INVALID_REQUEST', 400, 'The search is not valid', null,
      'query has 1 to 2000 characters; mode is hybrid, vector or text; sources is ["chunk"]; hybrid and vector need an embedding of 1024 dimensions that are not all 0'
    );
  end if;
  return query
  select * from private.search_knowledge(
    p_org_id, p_query, p_embedding, p_match_count, p_mode, p_training_set_ids,
    p_vault_document_ids, p_metadata, p_min_similarity, p_embedding_model
  );
end
$$;
comment on function public.search_knowledge(
  uuid, text, extensions.vector, integer, text[], text, uuid[], uuid[], jsonb, double precision, text
) is
  'The best chunks of an organisation for a question, never one that the caller''s row-level security would hide. score orders the answer; similarity is the cosine with the question; text_rank is null where no word matched. At most 50 rows. Raises INVALID_REQUEST (400), ORG_NOT_FOUND (404), EMBEDDING_MODEL_CHANGED (409).';
revoke all on function public.search_knowledge(
  uuid, text, extensions.vector, integer, text[], text, uuid[], uuid[], jsonb, double precision, text
) from public, anon, authenticated, service_role;
grant execute on function public.search_knowledge(
  uuid, text, extensions.vector, integer, text[], text, uuid[], uuid[], jsonb, double precision, text
) to authenticated;
