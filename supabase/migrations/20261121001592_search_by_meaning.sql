-- The chunks of an organisation that are nearest to a vector.

-- Its library must be loaded before a function can be created with its settings.
select '[1]'::extensions.vector;

create function private.is_small_scope(
  org_id uuid,
  document_ids uuid[],
  metadata jsonb,
  settings private.search_settings
)
returns boolean
language plpgsql
stable
security invoker
set search_path = ''
as $$
declare
  scope_count bigint := (
    select stats.chunk_count from private.search_stats as stats
    where stats.org_id = is_small_scope.org_id
  );
  most_chunks bigint;
begin
  if coalesce(scope_count, 0) <= settings.exact_factor * settings.depth then
    return true;
  end if;
  most_chunks := sqrt(settings.exact_factor * settings.depth * (
    select greatest(part.reltuples, scope_count) from pg_catalog.pg_class as part
    where part.oid = (
      select chunk.tableoid from public.mono_training_chunks as chunk
      where chunk.org_id = is_small_scope.org_id
      order by chunk.id
      limit 1
    )
  ));
  if scope_count > most_chunks and (document_ids is not null or metadata is not null) then
    select count(*) into scope_count from (
      select from public.mono_training_chunks as chunk
      where chunk.org_id = is_small_scope.org_id
        and (document_ids is null or chunk.vault_document_id = any (document_ids))
        and (is_small_scope.metadata is null or chunk.metadata @> is_small_scope.metadata)
      limit most_chunks + 1
    ) as counted;
  end if;
  return scope_count <= most_chunks;
end
$$;
comment on function private.is_small_scope(uuid, uuid[], jsonb, private.search_settings) is
  'Whether to compare every chunk of the organisation that the filters let through is faster than to walk the graph that it shares with others.';
revoke all on function private.is_small_scope(uuid, uuid[], jsonb, private.search_settings)
  from public, anon, authenticated, service_role;

create function private.list_graph_chunks(
  org_id uuid,
  question extensions.halfvec,
  embedding_model text,
  document_ids uuid[],
  metadata jsonb,
  match_count integer
)
returns table (id uuid, distance double precision)
language plpgsql
stable
security invoker
set search_path = ''
set jit = 'off'
set enable_sort = 'off'
-- The index of the model is one that a plan for any model cannot use.
set plan_cache_mode = 'force_custom_plan'
as $$
#variable_conflict use_column
declare
  model text := list_graph_chunks.embedding_model;
  contained jsonb := list_graph_chunks.metadata;
begin
  return query
  select chunk.id, chunk.embedding operator(extensions.<=>) question
  from public.mono_training_chunks as chunk
  where chunk.org_id = list_graph_chunks.org_id and chunk.embedding_model = model
    and (document_ids is null or chunk.vault_document_id = any (document_ids))
    and (contained is null or chunk.metadata @> contained)
    -- No join, which the planner could do before the graph.
    and (
      select document.chunk_generation = chunk.generation
      from public.vault_documents as document where document.id = chunk.vault_document_id
    )
  order by chunk.embedding operator(extensions.<=>) question
  limit match_count;
end
$$;
comment on function private.list_graph_chunks(
  uuid, extensions.halfvec, text, uuid[], jsonb, integer
) is
  'Live chunks of an organisation near to a vector, from the graph of the model: without sorting, no other plan has them in order. They may be fewer than there are, and not quite in order.';
revoke all on function private.list_graph_chunks(
  uuid, extensions.halfvec, text, uuid[], jsonb, integer
) from public, anon, authenticated, service_role;

create function private.list_nearest_chunks(
  org_id uuid,
  question extensions.halfvec,
  embedding_model text,
  document_ids uuid[],
  metadata jsonb,
  match_count integer,
  settings private.search_settings
)
returns table (id uuid, distance double precision)
language plpgsql
stable
security invoker
set search_path = ''
as $$
#variable_conflict use_column
declare
  model text := list_nearest_chunks.embedding_model;
  contained jsonb := list_nearest_chunks.metadata;
  ids uuid[];
  distances double precision[];
begin
  if model is not null and private.get_embedding_index(model) is not null
    and not private.is_small_scope(list_nearest_chunks.org_id, document_ids, contained, settings)
  then
    perform set_config(
      'hnsw.ef_search', greatest(settings.least_candidates, 4 * match_count)::text, true
    );
    select array_agg(near.id), array_agg(near.distance) into ids, distances
    from private.list_graph_chunks(
      list_nearest_chunks.org_id, question, model, document_ids, contained, match_count
    ) as near;
    if cardinality(ids) >= match_count then
      return query
      select * from unnest(ids, distances) as near (id, distance) order by near.distance, near.id;
      return;
    end if;
  end if;
  return query
  select chunk.id, (chunk.embedding operator(extensions.<=>) question) + 0 as distance
  from public.mono_training_chunks as chunk
  join public.vault_documents as document
    on document.org_id = chunk.org_id and document.id = chunk.vault_document_id
    and document.chunk_generation = chunk.generation
  where chunk.org_id = list_nearest_chunks.org_id
    and (model is null or chunk.embedding_model = model)
    and (document_ids is null or chunk.vault_document_id = any (document_ids))
    and (contained is null or chunk.metadata @> contained)
  -- The sum keeps the planner from the graph, which would find some of them only.
  order by distance, chunk.id
  limit match_count;
end
$$;
comment on function private.list_nearest_chunks(
  uuid, extensions.halfvec, text, uuid[], jsonb, integer, private.search_settings
) is
  'The live chunks of an organisation nearest to a vector, nearest first: from the graph of the model where the organisation is large, else, and where the graph yields too few, by comparing all.';
revoke all on function private.list_nearest_chunks(
  uuid, extensions.halfvec, text, uuid[], jsonb, integer, private.search_settings
) from public, anon, authenticated, service_role;
