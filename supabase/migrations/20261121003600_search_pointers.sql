-- The arms of search over crops: an organisation has thousands at most, which are compared one by one.
create function private.list_nearest_pointers(
  org_id uuid,
  question extensions.halfvec,
  embedding_model text,
  project_ids uuid[],
  metadata jsonb,
  match_count integer
)
returns table (id uuid, distance double precision)
language plpgsql
stable
security invoker
set search_path = ''
as $$
#variable_conflict use_column
declare
  model text := list_nearest_pointers.embedding_model;
  contained jsonb := list_nearest_pointers.metadata;
begin
  return query
  select pointer.id, pointer.embedding operator(extensions.<=>) question as distance
  from public.pointers as pointer
  where pointer.org_id = list_nearest_pointers.org_id and pointer.embedding is not null
    and (model is null or pointer.embedding_model = model)
    and (project_ids is null or pointer.project_id = any (project_ids))
    and (contained is null or pointer.enrichment_metadata @> contained)
  order by distance, pointer.id
  limit match_count;
end
$$;
comment on function private.list_nearest_pointers(
  uuid, extensions.halfvec, text, uuid[], jsonb, integer
) is 'The crops of an organisation nearest to a vector of the model, nearest first.';
revoke all on function private.list_nearest_pointers(
  uuid, extensions.halfvec, text, uuid[], jsonb, integer
) from public, anon, authenticated, service_role;

create function private.list_worded_pointers(
  org_id uuid,
  query text,
  project_ids uuid[],
  metadata jsonb,
  match_count integer
)
returns table (id uuid, rank double precision)
language plpgsql
stable
security invoker
set search_path = ''
as $$
#variable_conflict use_column
declare
  contained jsonb := list_worded_pointers.metadata;
  words tsquery[];
  weights double precision[];
  every_word tsquery;
begin
  select array_agg(own.word), array_agg(own.weight), string_agg(own.word::text, ' | ')::tsquery
  into words, weights, every_word
  from private.list_query_words(list_worded_pointers.org_id, query, 'english') as own;
  return query
  select pointer.id, (
    -- With the weight that chunks have: titles would leave no room for anything else.
    select sum(own.weight * ts_rank(setweight(pointer.search_vector, 'D'), own.word, 1))
    from unnest(words, weights) as own (word, weight)
  ) as rank
  from public.pointers as pointer
  where pointer.org_id = list_worded_pointers.org_id and pointer.search_vector @@ every_word
    and pointer.description is not null
    and (project_ids is null or pointer.project_id = any (project_ids))
    and (contained is null or pointer.enrichment_metadata @> contained)
  order by rank desc, pointer.id
  limit match_count;
end
$$;
comment on function private.list_worded_pointers(uuid, text, uuid[], jsonb, integer) is
  'The crops of an organisation with words of a question in what was read of them, best first, ranked as chunks are.';
revoke all on function private.list_worded_pointers(uuid, text, uuid[], jsonb, integer)
  from public, anon, authenticated, service_role;
