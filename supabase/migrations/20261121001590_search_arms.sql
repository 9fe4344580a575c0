-- The arms of search: an organisation's nearest chunks, and those with the words of a question.

-- Its library must be loaded before a function can be created with its settings.
select '[1]'::extensions.vector;

create table private.search_settings (
  id boolean not null default true,
  depth integer not null default 50,
  exact_factor real not null default 6,
  least_candidates integer not null default 64,
  word_candidates integer not null default 500,
  fusion text not null default 'scores',
  meaning_weight real not null default 0.4,
  words_weight real not null default 0.6,
  lead_power real not null default 1.5,
  rank_constant integer not null default 10,
  constraint search_settings_pkey primary key (id),
  constraint search_settings_id_check check (id),
  constraint search_settings_depth_check check (depth between 50 and 500),
  constraint search_settings_least_candidates_check check (least_candidates between 1 and 1000),
  constraint search_settings_word_candidates_check check (word_candidates >= depth),
  constraint search_settings_fusion_check check (fusion in ('scores', 'ranks')),
  constraint search_settings_lead_power_check check (lead_power between 0 and 4)
);
comment on table private.search_settings is 'How search weighs and cuts. One row.';
comment on column private.search_settings.depth is 'How many matches each arm brings to the fusion.';
comment on column private.search_settings.exact_factor is
  'n chunks are compared one by one while n² is at most this × depth × the chunks that share their graph.';
comment on column private.search_settings.least_candidates is
  'How many chunks a walk of the graph keeps in view at least (hnsw.ef_search); four times as many as are asked for, if that is more.';
comment on column private.search_settings.word_candidates is
  'Words are looked up from rare to frequent until they stand in so many chunks; twice as many are ranked at most.';
comment on column private.search_settings.fusion is
  'scores: both arms'' scores, each from 0 to 1, weighed and added. ranks: weight / (rank_constant + rank).';
comment on column private.search_settings.lead_power is
  'With scores an arm''s weight is multiplied by this power of its lead in the question: how many standard deviations its best match stands above the mean of its matches. 0 leaves the weights as they are.';
alter table private.search_settings enable row level security;
revoke all on table private.search_settings from public, anon, authenticated, service_role;
insert into private.search_settings default values;

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

create function private.list_query_words(org_id uuid, query text, further_language text default null)
returns table (word tsquery, weight double precision, chunk_count bigint)
language plpgsql
stable
security invoker
set search_path = ''
as $$
#variable_conflict use_column
declare
  stats private.search_stats;
begin
  select own.* into stats from private.search_stats as own
  where own.org_id = list_query_words.org_id;
  return query
  select
    ('''' || replace(replace(stem.lexeme, '\', '\\'), '''', '''''') || '''')::tsquery,
    ln(1 + (greatest(coalesce(stats.chunk_count, 0) - coalesce(known.chunk_count, 0), 0) + 0.5)
      / (coalesce(known.chunk_count, 0) + 0.5))::double precision,
    coalesce(known.chunk_count, 0)
  from (
    select distinct own.lexeme
    from unnest(
      coalesce(nullif(stats.languages, '{}'), '{english}') || further_language
    ) as language
    cross join lateral unnest(tsvector_to_array(
      private.get_search_vector(language, list_query_words.query)
    )) as own (lexeme)
    -- Without a language every word is one, also those that say nothing in any other.
    where language is not null and (language <> 'simple' or not exists (
      select from unnest(stats.languages) as other
      where other <> 'simple' and private.get_search_vector(other, own.lexeme) = ''
    ))
  ) as stem
  left join private.search_lexemes as known
    on known.org_id = list_query_words.org_id and known.lexeme = stem.lexeme collate "C"
  order by coalesce(known.chunk_count, 0), stem.lexeme collate "C";
end
$$;
comment on function private.list_query_words(uuid, text, text) is
  'The words of a question, stemmed in every language of the organisation''s chunks and in a further one, rarest first, with their weights (the inverse document frequency of BM25) and in how many chunks they stand.';
revoke all on function private.list_query_words(uuid, text, text)
  from public, anon, authenticated, service_role;

create function private.list_worded_chunks(
  org_id uuid,
  query text,
  embedding_model text,
  document_ids uuid[],
  metadata jsonb,
  match_count integer,
  settings private.search_settings
)
returns table (id uuid, rank double precision)
language plpgsql
stable
security invoker
set search_path = ''
-- How many chunks have the words decides between the index of words and that of organisations.
set plan_cache_mode = 'force_custom_plan'
as $$
#variable_conflict use_column
declare
  model text := list_worded_chunks.embedding_model;
  contained jsonb := list_worded_chunks.metadata;
  words tsquery[];
  weights double precision[];
  every_word tsquery;
  sought tsquery;
  found_ids uuid[];
  ranks double precision[];
begin
  -- At least the rarest word that stands anywhere, and then as many as are cheap.
  select
    array_agg(own.word), array_agg(own.weight),
    string_agg(own.word::text, ' | ')::tsquery,
    string_agg(own.word::text, ' | ') filter (
      where own.total <= settings.word_candidates or own.total = own.chunk_count
    )::tsquery
  into words, weights, every_word, sought
  from (
    select listed.*, sum(listed.chunk_count) over (rows unbounded preceding) as total
    from private.list_query_words(list_worded_chunks.org_id, query) as listed
  ) as own;
  loop
    select array_agg(best.id), array_agg(best.rank) into found_ids, ranks
    from (
      select candidate.id, (
        select sum(own.weight * ts_rank(candidate.search_vector, own.word, 1))
        from unnest(words, weights) as own (word, weight)
      ) as rank
      from (
        -- The weight that it has: read once for all words, it need not be unpacked for each.
        select chunk.id, setweight(chunk.search_vector, 'D') as search_vector
        from public.mono_training_chunks as chunk
        where chunk.org_id = list_worded_chunks.org_id and chunk.search_vector @@ sought
          and (model is null or chunk.embedding_model = model)
          and (document_ids is null or chunk.vault_document_id = any (document_ids))
          and (contained is null or chunk.metadata @> contained)
          and (
            select document.chunk_generation = chunk.generation
            from public.vault_documents as document where document.id = chunk.vault_document_id
          )
        limit 2 * settings.word_candidates
      ) as candidate
      order by rank desc, candidate.id
      limit match_count
    ) as best;
    exit when sought is not distinct from every_word
      or cardinality(found_ids) >= match_count;
    sought := every_word;
  end loop;
  return query select * from unnest(found_ids, ranks);
end
$$;
comment on function private.list_worded_chunks(
  uuid, text, text, uuid[], jsonb, integer, private.search_settings
) is
  'The live chunks of an organisation with words of a question, best first: the sum of ts_rank for each word, by its weight. Looks for the rare words first, and for all when those yield too few.';
revoke all on function private.list_worded_chunks(
  uuid, text, text, uuid[], jsonb, integer, private.search_settings
) from public, anon, authenticated, service_role;

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

create function private.list_fused_matches(
  near_ids uuid[],
  similarities double precision[],
  word_ids uuid[],
  ranks double precision[],
  settings private.search_settings
)
returns table (
  id uuid, score double precision, similarity double precision, text_rank double precision
)
language plpgsql
stable
security invoker
set search_path = ''
as $$
#variable_conflict use_column
declare
  nearest double precision := (select max(value) from unnest(similarities) as value);
  farthest double precision := (select min(value) from unnest(similarities) as value);
  best double precision := (select max(value) from unnest(ranks) as value);
  meaning double precision := coalesce(
    settings.meaning_weight * private.get_lead(similarities, 0, settings), 0
  );
  -- A word that hardly any chunk has tells them apart: the others count, up to 20, with 0.
  words double precision := coalesce(
    settings.words_weight * private.get_lead(ranks, 20, settings), 0
  );
begin
  return query
  select
    coalesce(near.id, worded.id),
    case settings.fusion
      when 'ranks' then
        coalesce(settings.meaning_weight / (settings.rank_constant + near.place), 0)
          + coalesce(settings.words_weight / (settings.rank_constant + worded.place), 0)
      else
        -- Both arms on one scale before they are added.
        (meaning * coalesce(
          (near.similarity - farthest) / nullif(nearest - farthest, 0),
          case when near.id is null then 0 else 1 end
        ) + words * coalesce(worded.rank / nullif(best, 0), 0)) / coalesce(nullif(meaning + words, 0), 1)
    end,
    near.similarity,
    worded.rank
  from unnest(near_ids, similarities) with ordinality as near (id, similarity, place)
  full join unnest(word_ids, ranks) with ordinality as worded (id, rank, place)
    on worded.id = near.id;
end
$$;
comment on function private.list_fused_matches(
  uuid[], double precision[], uuid[], double precision[], private.search_settings
) is
  'The matches of both arms, each best first, with one score by the fusion and the weights of the settings.';
revoke all on function private.list_fused_matches(
  uuid[], double precision[], uuid[], double precision[], private.search_settings
) from public, anon, authenticated, service_role;
