-- The chunks of an organisation with the words of a question.
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
