-- What search has to know of an organisation beforehand: how many chunks, and how rare each word is.
create table private.search_stats (
  org_id uuid not null,
  chunk_count bigint not null default 0,
  languages text[] not null default '{}',
  version bigint not null default 0,
  counted_at timestamptz not null default now(),
  constraint search_stats_pkey primary key (org_id)
);
comment on table private.search_stats is
  'Live chunks of each organisation and the languages among them. Its row is locked by whoever changes search_lexemes.';
comment on column private.search_stats.version is
  'Goes up with each change, so that a count made beside it can be told to be old.';
comment on column private.search_stats.counted_at is
  'When everything was last counted anew; each training adds its difference.';
alter table private.search_stats enable row level security;
revoke all on table private.search_stats from public, anon, authenticated, service_role;

create table private.search_lexemes (
  org_id uuid not null,
  lexeme text collate "C" not null,
  chunk_count bigint not null,
  constraint search_lexemes_pkey primary key (org_id, lexeme)
) with (fillfactor = 85);
comment on table private.search_lexemes is
  'In how many live chunks of an organisation a word stands: a rare one says more about what is meant.';
alter table private.search_lexemes enable row level security;
revoke all on table private.search_lexemes from public, anon, authenticated, service_role;

create table private.search_recounts (
  id bigint generated always as identity,
  org_id uuid not null,
  created_at timestamptz not null default now(),
  constraint search_recounts_pkey primary key (id)
);
comment on table private.search_recounts is
  'Organisations that have lost live chunks, to be counted anew by the sweep. Only ever appended to, so that nobody waits for anybody.';
alter table private.search_recounts enable row level security;
revoke all on table private.search_recounts from public, anon, authenticated, service_role;

create function private.update_search_stats(
  org_id uuid,
  vault_document_id uuid,
  old_generation bigint,
  new_generation bigint
)
returns void
language plpgsql
volatile
security invoker
set search_path = ''
as $$
begin
  insert into private.search_stats (org_id) values (update_search_stats.org_id)
  on conflict do nothing;
  update private.search_stats as stats
  set version = stats.version + 1,
      chunk_count = greatest(stats.chunk_count + change.chunk_count, 0),
      languages = array(
        select distinct language from unnest(stats.languages || change.languages) as language
        order by language
      )
  from (
    select
      coalesce(sum(case chunk.generation when new_generation then 1 else -1 end), 0) as chunk_count,
      coalesce(
        array_agg(distinct chunk.language) filter (where chunk.generation = new_generation), '{}'
      ) as languages
    from public.mono_training_chunks as chunk
    where chunk.org_id = update_search_stats.org_id
      and chunk.vault_document_id = update_search_stats.vault_document_id
      and chunk.generation in (old_generation, new_generation)
  ) as change
  where stats.org_id = update_search_stats.org_id;

  merge into private.search_lexemes as known
  using (
    select lexeme, sum(case chunk.generation when new_generation then 1 else -1 end) as change
    from public.mono_training_chunks as chunk
    cross join unnest(tsvector_to_array(chunk.search_vector)) as lexeme
    where chunk.org_id = update_search_stats.org_id
      and chunk.vault_document_id = update_search_stats.vault_document_id
      and chunk.generation in (old_generation, new_generation)
    group by lexeme
    having sum(case chunk.generation when new_generation then 1 else -1 end) <> 0
  ) as difference
  on known.org_id = update_search_stats.org_id and known.lexeme = difference.lexeme collate "C"
  when matched and known.chunk_count + difference.change <= 0 then delete
  when matched then update set chunk_count = known.chunk_count + difference.change
  when not matched and difference.change > 0 then
    insert (org_id, lexeme, chunk_count)
    values (update_search_stats.org_id, difference.lexeme, difference.change);
end
$$;
comment on function private.update_search_stats(uuid, uuid, bigint, bigint) is
  'Counts a document''s new generation in and its old one out; both are still stored. Locks the search_stats of the organisation until the end of the transaction.';
revoke all on function private.update_search_stats(uuid, uuid, bigint, bigint)
  from public, anon, authenticated, service_role;

create function private.update_search_counts(org_id uuid)
returns boolean
language plpgsql
volatile
security invoker
set search_path = ''
as $$
declare
  seen_version bigint;
  counted record;
begin
  -- The insert alone would wait for a training that is being completed.
  insert into private.search_stats (org_id)
  select update_search_counts.org_id
  where not exists (
    select from private.search_stats as stats where stats.org_id = update_search_counts.org_id
  )
  on conflict do nothing;
  -- One statement, so that the version is that of what is counted.
  with live as materialized (
    select chunk.language, chunk.search_vector
    from public.mono_training_chunks as chunk
    join public.vault_documents as document
      on document.org_id = chunk.org_id and document.id = chunk.vault_document_id
      and document.chunk_generation = chunk.generation
    where chunk.org_id = update_search_counts.org_id
  ),
  word as (
    select lexeme, count(*) as chunk_count
    from live cross join unnest(tsvector_to_array(live.search_vector)) as lexeme
    group by lexeme
  )
  select
    (select stats.version from private.search_stats as stats
      where stats.org_id = update_search_counts.org_id) as version,
    (select count(*) from live) as chunk_count,
    array(select distinct live.language from live order by live.language) as languages,
    (select array_agg(word.lexeme) from word) as lexemes,
    (select array_agg(word.chunk_count) from word) as chunk_counts
  into counted;

  select stats.version into seen_version from private.search_stats as stats
  where stats.org_id = update_search_counts.org_id
  for update;
  if seen_version is distinct from counted.version then
    return false;
  end if;
  merge into private.search_lexemes as known
  using unnest(counted.lexemes, counted.chunk_counts) as word (lexeme, chunk_count)
  on known.org_id = update_search_counts.org_id and known.lexeme = word.lexeme collate "C"
  when matched and known.chunk_count <> word.chunk_count then
    update set chunk_count = word.chunk_count
  when not matched then
    insert (org_id, lexeme, chunk_count)
    values (update_search_counts.org_id, word.lexeme, word.chunk_count)
  when not matched by source and known.org_id = update_search_counts.org_id then delete;
  update private.search_stats as stats
  set version = stats.version + 1, counted_at = now(), chunk_count = counted.chunk_count,
      languages = counted.languages
  where stats.org_id = update_search_counts.org_id;
  return true;
end
$$;
comment on function private.update_search_counts(uuid) is
  'Counts an organisation''s live chunks and their words anew. Returns false, with nothing changed, when a training was completed meanwhile. Locks its search_stats only to store the result.';
revoke all on function private.update_search_counts(uuid)
  from public, anon, authenticated, service_role;

create function private.tg_any__enqueue_search_recount()
returns trigger
language plpgsql
volatile
security definer
set search_path = ''
as $$
begin
  insert into private.search_recounts (org_id)
  select org.id from public.organizations as org
  where org.id in (select removed.org_id from removed);
  return null;
end
$$;
comment on function private.tg_any__enqueue_search_recount() is
  'Notes organisations that may have lost live chunks. Definer: users may not write there.';
revoke all on function private.tg_any__enqueue_search_recount()
  from public, anon, authenticated, service_role;
create trigger _500_enqueue_search_recount
  after delete on public.vault_documents referencing old table as removed
  for each statement execute function private.tg_any__enqueue_search_recount();
create trigger _500_enqueue_search_recount
  after delete on public.mono_training_docs referencing old table as removed
  for each statement execute function private.tg_any__enqueue_search_recount();

create function private.tg_organizations__delete_search_stats()
returns trigger
language plpgsql
volatile
security definer
set search_path = ''
as $$
begin
  delete from private.search_stats as stats where stats.org_id = old.id;
  delete from private.search_lexemes as known where known.org_id = old.id;
  delete from private.search_recounts as mark where mark.org_id = old.id;
  return null;
end
$$;
comment on function private.tg_organizations__delete_search_stats() is
  'Removes what search knows of an organisation, after its documents: a foreign key would make every training lock the organisation. Definer: nobody may write there.';
revoke all on function private.tg_organizations__delete_search_stats()
  from public, anon, authenticated, service_role;
create trigger _900_delete_search_stats
  after delete on public.organizations
  for each row execute function private.tg_organizations__delete_search_stats();

create function private.update_search_indexes()
returns void
language plpgsql
volatile
security definer
set search_path = ''
as $$
declare
  missing_model text;
  stale_org_id uuid;
  last_mark bigint;
begin
  for missing_model in
    select known.model from private.embedding_models as known
    where private.get_embedding_index(known.model) is null
    order by known.created_at, known.model
  loop
    -- Nothing else in this transaction: it would wait for writers that wait for the index.
    if private.create_embedding_index(missing_model) then
      return;
    end if;
  end loop;
  perform private.update_left_documents(array(
    select document.id from public.vault_documents as document
    where document.org_id in (select mark.org_id from private.search_recounts as mark)
      and document.chunk_generation is not null
      and not exists (
        select from public.mono_training_docs as doc
        where doc.org_id = document.org_id and doc.vault_document_id = document.id
      )
    order by document.id
    for no key update
  ));
  for stale_org_id, last_mark in
    select mark.org_id, max(mark.id)
    from private.search_recounts as mark
    left join private.search_stats as stats on stats.org_id = mark.org_id
    -- A large organisation is worth counting again only after a while.
    where stats.org_id is null
      or stats.counted_at < now() - make_interval(secs => stats.chunk_count / 10.0)
    group by mark.org_id
    order by min(mark.id)
    limit 20
  loop
    if private.update_search_counts(stale_org_id) then
      delete from private.search_recounts as mark
      where mark.org_id = stale_org_id and mark.id <= last_mark;
    end if;
  end loop;
end
$$;
comment on function private.update_search_indexes() is
  'From cron every minute: makes the index of a model that has none yet, or else makes documents untrained that somebody held when they left their last set, and counts organisations anew that have lost chunks. Locks those documents. Definer: cron may not.';
revoke all on function private.update_search_indexes()
  from public, anon, authenticated, service_role;
