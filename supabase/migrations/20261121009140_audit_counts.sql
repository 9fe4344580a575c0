-- What triggers count, against a count of all rows.
create function private.audit_row_counts()
returns table (name text, subject text, detail text)
language plpgsql
stable
security invoker
set search_path = ''
as $$
declare
  counted_rows text := (
    select string_agg(format('select own.org_id from %s as own', fired.tgrelid::regclass), ' union all ')
    from pg_catalog.pg_trigger as fired
    where fired.tgfoid = 'private.tg_any__count_new()'::regprocedure
  );
begin
  -- Row by row into the columns: the linter takes those of a dynamic query for unset.
  for name, subject, detail in execute format(
    'select ''rows of organisations'', coalesce(counted.org_id, kept.org_id)::text,
       format(''%%s rows, %%s counted'', coalesce(counted.row_count, 0), coalesce(kept.row_count, 0))
     from (
       select listed.org_id, count(*) as row_count from (%s) as listed group by listed.org_id
     ) as counted
     full join private.row_counts as kept on kept.org_id = counted.org_id
     where coalesce(counted.row_count, 0) <> coalesce(kept.row_count, 0)',
    counted_rows
  ) loop
    return next;
  end loop;
end
$$;
comment on function private.audit_row_counts() is
  'Organisations whose quota of rows is held against another number than they have, of the tables that count.';
revoke all on function private.audit_row_counts() from public, anon, authenticated, service_role;

create function private.audit_search_counts()
returns table (name text, subject text, detail text)
language sql
stable
security invoker
set search_path = ''
as $$
  with settled as materialized (
    -- Others are to be counted anew, and are known to be wrong until then.
    select organization.id from public.organizations as organization
    where organization.id not in (select mark.org_id from private.search_recounts as mark)
  ),
  live as materialized (
    select chunk.org_id, chunk.language, chunk.search_vector
    from public.mono_training_chunks as chunk
    join public.vault_documents as document
      on document.org_id = chunk.org_id and document.id = chunk.vault_document_id
      and document.chunk_generation = chunk.generation
    where chunk.org_id in (select settled.id from settled)
  ),
  counted as (
    select live.org_id, count(*) as chunk_count, array_agg(distinct live.language) as languages
    from live group by live.org_id
  ),
  word as (
    select live.org_id, lexeme, count(*) as chunk_count
    from live cross join unnest(tsvector_to_array(live.search_vector)) as lexeme
    group by live.org_id, lexeme
  )
  select 'chunks of search', settled.id::text,
    format(
      '%s live chunks in %s, %s counted in %s', coalesce(counted.chunk_count, 0),
      array_to_string(counted.languages, ', '), coalesce(kept.chunk_count, 0),
      array_to_string(kept.languages, ', ')
    )
  from settled
  left join counted on counted.org_id = settled.id
  left join private.search_stats as kept on kept.org_id = settled.id
  where coalesce(counted.chunk_count, 0) <> coalesce(kept.chunk_count, 0)
    -- One that has gone is forgotten with the next count of all.
    or not coalesce(counted.languages, '{}') <@ coalesce(kept.languages, '{}')
  union all
  select 'words of search', coalesce(word.org_id, kept.org_id)::text,
    format('%s of its words are counted wrong', count(*))
  from word
  full join (
    select known.* from private.search_lexemes as known
    where known.org_id in (select settled.id from settled)
  ) as kept on kept.org_id = word.org_id and kept.lexeme = word.lexeme collate "C"
  where word.chunk_count is distinct from kept.chunk_count
  group by coalesce(word.org_id, kept.org_id)
$$;
comment on function private.audit_search_counts() is
  'Organisations of whose live chunks, or the words in them, search has another count than there are.';
revoke all on function private.audit_search_counts() from public, anon, authenticated, service_role;
