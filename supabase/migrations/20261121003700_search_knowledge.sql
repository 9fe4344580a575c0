-- Search over the chunks and crops of an organisation: by meaning, by words, or both fused.
create function private.search_knowledge(
  org_id uuid,
  query text,
  embedding extensions.vector,
  match_count integer,
  sources text[],
  mode text,
  training_set_ids uuid[],
  vault_document_ids uuid[],
  project_ids uuid[],
  metadata jsonb,
  min_similarity double precision,
  embedding_model text
)
returns table (
  source text, id uuid, document_id uuid, title text, content text, heading_path text[],
  ordinal integer, start_offset integer, end_offset integer, token_count integer,
  project_id uuid, page_id uuid,
  score double precision, similarity double precision, text_rank double precision
)
language plpgsql
stable
security definer
set search_path = ''
set jit = 'off'
set hnsw.iterative_scan = 'relaxed_order'
-- Chosen for each search; named here, they are set back at its end.
set plan_cache_mode = 'auto'
set hnsw.ef_search = '100'
as $$
#variable_conflict use_column
declare
  settings private.search_settings;
  question extensions.halfvec(1024) := search_knowledge.embedding::extensions.halfvec(1024);
  model text;
  document_ids uuid[] := search_knowledge.vault_document_ids;
  row_count integer := least(greatest(search_knowledge.match_count, 0), 50);
  depth integer;
  ids uuid[];
  word_ids uuid[];
  scores double precision[];
  similarities double precision[];
  ranks double precision[];
  -- A filter names what is wanted: sources that it cannot be about are left out, unless they have
  -- one of their own.
  wants_chunks boolean := 'chunk' = any (sources) and (
    project_ids is null or training_set_ids is not null or vault_document_ids is not null
  );
  wants_pointers boolean := 'pointer' = any (sources) and (
    project_ids is not null or (training_set_ids is null and vault_document_ids is null)
  );
begin
  perform private.assert_org_role(search_knowledge.org_id, 'viewer');
  -- A plan for any question will do, and need not be made again, unless there are filters to make
  -- use of.
  perform set_config('plan_cache_mode', case
    when num_nonnulls(training_set_ids, vault_document_ids, project_ids, search_knowledge.metadata) = 0
      then 'force_generic_plan'
    else 'force_custom_plan'
  end, true);
  -- In the snapshot that the chunks are read in: a switch comes before both or after both.
  model := private.get_searched_model(search_knowledge.org_id, search_knowledge.embedding_model);
  select own.* into settings from private.search_settings as own;
  -- One arm alone brings what is asked for; two have to bring more, since they may not agree.
  depth := case search_knowledge.mode when 'hybrid' then settings.depth else row_count end;
  if training_set_ids is not null then
    document_ids := array(
      select distinct doc.vault_document_id from public.mono_training_docs as doc
      where doc.org_id = search_knowledge.org_id and doc.training_set_id = any (training_set_ids)
        and (vault_document_ids is null or doc.vault_document_id = any (vault_document_ids))
    );
  end if;
  if search_knowledge.mode <> 'text' then
    select array_agg(near.id), array_agg(near.similarity) into ids, similarities
    from (
      select chunk.id, 1 - chunk.distance as similarity
      from private.list_nearest_chunks(
        search_knowledge.org_id, question, model, document_ids, search_knowledge.metadata, depth,
        settings
      ) as chunk
      where wants_chunks
      union all
      select pointer.id, 1 - pointer.distance
      from private.list_nearest_pointers(
        search_knowledge.org_id, question, model, project_ids, search_knowledge.metadata, depth
      ) as pointer
      where wants_pointers
      order by similarity desc, id
      limit depth
    ) as near;
    scores := similarities;
  end if;
  if search_knowledge.mode <> 'vector' then
    select array_agg(worded.id), array_agg(worded.rank) into word_ids, ranks
    from (
      select chunk.id, chunk.rank
      from private.list_worded_chunks(
        search_knowledge.org_id, query, model, document_ids, search_knowledge.metadata, depth,
        settings
      ) as chunk
      where wants_chunks
      union all
      select pointer.id, pointer.rank
      from private.list_worded_pointers(
        search_knowledge.org_id, query, project_ids, search_knowledge.metadata, depth
      ) as pointer
      where wants_pointers
      order by rank desc, id
      limit depth
    ) as worded;
    if search_knowledge.mode = 'text' then
      ids := word_ids;
      scores := ranks;
    else
      select array_agg(fused.id), array_agg(fused.score), array_agg(fused.similarity),
        array_agg(fused.text_rank)
      into ids, scores, similarities, ranks
      from private.list_fused_matches(ids, similarities, word_ids, ranks, settings) as fused;
    end if;
  end if;
  return query
  with found as (
    select * from unnest(ids, scores, similarities, ranks) as own (id, score, similarity, text_rank)
  ),
  matched as (
    select
      'chunk' as source, chunk.id, chunk.vault_document_id as document_id, document.title,
      chunk.content, chunk.heading_path, chunk.ordinal, chunk.start_offset, chunk.end_offset,
      chunk.token_count, null::uuid as project_id, null::uuid as page_id, found.score,
      coalesce(
        found.similarity, 1 - (chunk.embedding operator(extensions.<=>) question)
      ) as similarity,
      found.text_rank
    from found
    join public.mono_training_chunks as chunk
      on chunk.org_id = search_knowledge.org_id and chunk.id = found.id
    join public.vault_documents as document on document.id = chunk.vault_document_id
    union all
    select
      'pointer', pointer.id, null, pointer.title, pointer.description,
      array[concat_ws(' ', page.sheet_number, page.page_name)], null, null, null, null,
      pointer.project_id, pointer.page_id, found.score,
      coalesce(found.similarity, case when pointer.embedding_model is not distinct from model
        then 1 - (pointer.embedding operator(extensions.<=>) question) end),
      found.text_rank
    from found
    join public.pointers as pointer
      on pointer.id = found.id and pointer.org_id = search_knowledge.org_id
    join public.pages as page on page.id = pointer.page_id
  )
  select matched.* from matched
  where search_knowledge.min_similarity is null
    or matched.similarity >= search_knowledge.min_similarity
  order by matched.score desc, matched.id
  limit row_count;
end
$$;
comment on function private.search_knowledge(
  uuid, text, extensions.vector, integer, text[], text, uuid[], uuid[], uuid[], jsonb,
  double precision, text
) is
  'The best chunks and crops of an organisation. A filter by set or document leaves out crops, and one by project chunks, unless there is one of the other kind too. Raises ORG_NOT_FOUND for a stranger before it reads anything, EMBEDDING_MODEL_CHANGED for a question embedded with another model than the organisation''s. Definer: under row-level security the text index is not used; membership is asked for first and every arm carries the organisation.';
revoke all on function private.search_knowledge(
  uuid, text, extensions.vector, integer, text[], text, uuid[], uuid[], uuid[], jsonb,
  double precision, text
) from public, anon, authenticated, service_role;
grant execute on function private.search_knowledge(
  uuid, text, extensions.vector, integer, text[], text, uuid[], uuid[], uuid[], jsonb,
  double precision, text
) to authenticated;

create function public.search_knowledge(
  p_org_id uuid,
  p_query text,
  p_embedding extensions.vector default null,
  p_match_count integer default 8,
  p_sources text[] default array['chunk', 'pointer'],
  p_mode text default 'hybrid',
  p_training_set_ids uuid[] default null,
  p_vault_document_ids uuid[] default null,
  p_project_ids uuid[] default null,
  p_metadata jsonb default null,
  p_min_similarity double precision default null,
  p_embedding_model text default null
)
returns table (
  source text, id uuid, document_id uuid, title text, content text, heading_path text[],
  ordinal integer, start_offset integer, end_offset integer, token_count integer,
  project_id uuid, page_id uuid,
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
    or coalesce(cardinality(p_sources) = 0 or not p_sources <@ array['chunk', 'pointer'], true)
    or (p_embedding is null and p_mode <> 'text')
    or (p_embedding is not null and extensions.vector_dims(p_embedding) <> 1024)
    -- As the stored vectors have it, where a very short one has no length at all.
    or extensions.l2_norm(p_embedding::extensions.halfvec) = 0
  then
    perform private.raise_error(
      'INVALID_REQUEST', 400, 'The search is not valid', null,
      'query has 1 to 2000 characters; mode is hybrid, vector or text; sources are chunk and pointer; hybrid and vector need an embedding of 1024 dimensions that are not all 0'
    );
  end if;
  return query
  select * from private.search_knowledge(
    p_org_id, p_query, p_embedding, p_match_count, p_sources, p_mode, p_training_set_ids,
    p_vault_document_ids, p_project_ids, p_metadata, p_min_similarity, p_embedding_model
  );
end
$$;
comment on function public.search_knowledge(
  uuid, text, extensions.vector, integer, text[], text, uuid[], uuid[], uuid[], jsonb,
  double precision, text
) is
  'The best chunks and crops of an organisation for a question, never one that the caller''s row-level security would hide. score orders the answer; similarity is the cosine with the question; text_rank is null where no word matched. At most 50 rows. Raises INVALID_REQUEST (400), ORG_NOT_FOUND (404), EMBEDDING_MODEL_CHANGED (409).';
revoke all on function public.search_knowledge(
  uuid, text, extensions.vector, integer, text[], text, uuid[], uuid[], uuid[], jsonb,
  double precision, text
) from public, anon, authenticated, service_role;
grant execute on function public.search_knowledge(
  uuid, text, extensions.vector, integer, text[], text, uuid[], uuid[], uuid[], jsonb,
  double precision, text
) to authenticated;
