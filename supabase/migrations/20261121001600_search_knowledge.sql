-- Search over the chunks of an organisation: by meaning, by words, or both fused.
create function private.get_lead(
  scores double precision[],
  least_count integer,
  settings private.search_settings
)
returns double precision
language plpgsql
immutable
security invoker
set search_path = ''
as $$
declare
  best double precision;
  mean double precision;
  mean_square double precision;
begin
  select max(score), sum(score) / greatest(count(*), least_count),
    sum(score * score) / greatest(count(*), least_count)
  into best, mean, mean_square
  from unnest(scores) as score;
  if best is null then
    return null;
  end if;
  return power(
    coalesce((best - mean) / nullif(sqrt(greatest(mean_square - mean ^ 2, 0)), 0), 1),
    settings.lead_power
  );
end
$$;
comment on function private.get_lead(double precision[], integer, private.search_settings) is
  'How far the best of some scores stands out: in standard deviations above their mean, to the power of lead_power. Fewer than least_count are filled up with 0. 1 where all are the same; null where there are none.';
revoke all on function private.get_lead(double precision[], integer, private.search_settings)
  from public, anon, authenticated, service_role;

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
set hnsw.iterative_scan = 'relaxed_order'
set hnsw.ef_search = '100'
as $$
#variable_conflict use_column
declare
  settings private.search_settings;
  question extensions.halfvec(1024) := search_knowledge.embedding::extensions.halfvec(1024);
  model text := search_knowledge.embedding_model;
  document_ids uuid[] := search_knowledge.vault_document_ids;
begin
  perform private.assert_org_role(search_knowledge.org_id, 'viewer');
  select own.* into settings from private.search_settings as own;
  if training_set_ids is not null then
    document_ids := array(
      select distinct doc.vault_document_id from public.mono_training_docs as doc
      where doc.org_id = search_knowledge.org_id and doc.training_set_id = any (training_set_ids)
        and (vault_document_ids is null or doc.vault_document_id = any (vault_document_ids))
    );
  end if;
  return query
  with by_meaning as (
    select near.id, 1 - near.distance as similarity
    from private.list_nearest_chunks(
      search_knowledge.org_id, question, model, document_ids, search_knowledge.metadata,
      settings.depth, settings
    ) as near
    where search_knowledge.mode <> 'text'
  ),
  by_words as (
    select worded.id, worded.rank as text_rank
    from private.list_worded_chunks(
      search_knowledge.org_id, query, model, document_ids, search_knowledge.metadata,
      settings.depth, settings
    ) as worded
    where search_knowledge.mode <> 'vector'
  ),
  weights as (
    select
      settings.meaning_weight * private.get_lead(array_agg(similarity), 0, settings) as meaning,
      -- A word that hardly any chunk has tells them apart: the others count, up to 20, with 0.
      settings.words_weight * (
        select private.get_lead(array_agg(text_rank), 20, settings) from by_words
      ) as words
    from by_meaning
  ),
  -- Both arms on one scale before they are added.
  scaled as (
    select id, similarity, null::double precision as text_rank,
      case settings.fusion
        when 'ranks' then settings.meaning_weight
          / (settings.rank_constant + row_number() over (order by similarity desc, id))
        else meaning / (meaning + coalesce(words, 0)) * coalesce(
          (similarity - min(similarity) over ())
            / nullif(max(similarity) over () - min(similarity) over (), 0), 1
        )
      end as score
    from by_meaning cross join weights
    union all
    select id, null, text_rank,
      case settings.fusion
        when 'ranks' then settings.words_weight
          / (settings.rank_constant + row_number() over (order by text_rank desc, id))
        else words / (coalesce(meaning, 0) + words) * text_rank
          / nullif(max(text_rank) over (), 0)
      end
    from by_words cross join weights
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
    'chunk', chunk.id, chunk.vault_document_id, document.title, chunk.content, chunk.heading_path,
    chunk.ordinal, chunk.start_offset, chunk.end_offset, chunk.token_count,
    fused.score,
    coalesce(fused.similarity, 1 - (chunk.embedding operator(extensions.<=>) question)),
    fused.text_rank
  from fused
  join public.mono_training_chunks as chunk
    on chunk.org_id = search_knowledge.org_id and chunk.id = fused.id
  join public.vault_documents as document
    on document.org_id = chunk.org_id and document.id = chunk.vault_document_id
  where search_knowledge.min_similarity is null
    or 1 - (chunk.embedding operator(extensions.<=>) question) >= search_knowledge.min_similarity
  order by fused.score desc, chunk.id
  limit least(greatest(search_knowledge.match_count, 0), 50);
end
$$;
comment on function private.search_knowledge(
  uuid, text, extensions.vector, integer, text, uuid[], uuid[], jsonb, double precision, text
) is
  'The best chunks of an organisation. Raises ORG_NOT_FOUND for a stranger before it reads anything. Definer: under row-level security the text index is not used; membership is asked for first and every arm carries the organisation.';
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
  'The best chunks of an organisation for a question, never one that the caller''s row-level security would hide. score orders the answer; similarity is the cosine with the question; text_rank is null where no word matched. At most 50 rows. Raises INVALID_REQUEST (400), ORG_NOT_FOUND (404).';
revoke all on function public.search_knowledge(
  uuid, text, extensions.vector, integer, text[], text, uuid[], uuid[], jsonb, double precision, text
) from public, anon, authenticated, service_role;
grant execute on function public.search_knowledge(
  uuid, text, extensions.vector, integer, text[], text, uuid[], uuid[], jsonb, double precision, text
) to authenticated;
