-- Chunks of trained documents, with their vectors, in generations.
create function private.get_search_vector(language text, content text)
returns tsvector
language plpgsql
immutable
security invoker
set search_path = ''
as $$
declare
  config constant regconfig := ('pg_catalog.' || get_search_vector.language)::regconfig;
  -- Han, kana and Hangul.
  letters constant text :=
    '[\u3005-\u3007\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003134f]+';
  -- As people type them: an accent is part of its letter, and where a word may be broken nothing is.
  words text := replace(get_search_vector.content, U&'\00ad', '');
begin
  if octet_length(words) > char_length(words) then
    words := normalize(words, nfkc);
  end if;
  if strpos(words, '/') > 0 then
    -- Of kitchen/bathroom the parser makes the name of a file, which is neither word.
    words := regexp_replace(words, '([^\s\d[:punct:]]{2})/(?=[^\s\d[:punct:]]{2})', '\1 ', 'g');
  end if;
  if words !~ letters then
    return to_tsvector(config, words);
  end if;
  return to_tsvector(config, regexp_replace(words, letters, ' ', 'g')) || (
    select to_tsvector(config, string_agg(concat_ws(' ', part.letter, part.letter || part.next), ' '))
    from regexp_matches(words, letters, 'g') as found (run)
    cross join lateral (
      select own.letter, lead(own.letter) over (order by own.place) as next
      from unnest(string_to_array(found.run[1], null)) with ordinality as own (letter, place)
    ) as part
  );
end
$$;
comment on function private.get_search_vector(text, text) is
  'The stems of a text by PostgreSQL''s own configuration of that name; of Chinese, Japanese and Korean each letter and each pair of neighbours, since no space parts their words. Immutable as long as those configurations are, which a generated column needs; a column of type regconfig would keep pg_upgrade from the database.';
revoke all on function private.get_search_vector(text, text)
  from public, anon, authenticated, service_role;
grant execute on function private.get_search_vector(text, text) to authenticated, service_role;

create table public.mono_training_chunks (
  org_id uuid not null,
  id uuid not null default gen_random_uuid(),
  vault_document_id uuid not null,
  generation bigint not null,
  ordinal integer not null,
  content text not null,
  heading_path text[] not null default '{}',
  start_offset integer not null,
  end_offset integer not null,
  token_count integer not null,
  content_hash text not null,
  metadata jsonb not null default '{}',
  language text not null default 'english',
  embedding_model text not null,
  embedding extensions.halfvec(1024) not null,
  search_vector tsvector not null
    generated always as (private.get_search_vector(language, content)) stored,
  created_at timestamptz not null default now(),
  constraint mono_training_chunks_pkey primary key (org_id, id),
  constraint mono_training_chunks_org_id_document_generation_ordinal_key
    unique (org_id, vault_document_id, generation, ordinal),
  constraint mono_training_chunks_org_id_vault_document_id_fkey
    foreign key (org_id, vault_document_id)
    references public.vault_documents (org_id, id) on delete cascade,
  constraint mono_training_chunks_content_check check (content <> ''),
  -- The cosine with a vector without length is no number, and would spoil every score beside it.
  constraint mono_training_chunks_embedding_check check (extensions.l2_norm(embedding) > 0),
  constraint mono_training_chunks_ordinal_check check (ordinal >= 0),
  constraint mono_training_chunks_offsets_check
    check (start_offset >= 0 and end_offset > start_offset)
) partition by hash (org_id);
comment on table public.mono_training_chunks is
  'Pieces of trained documents. Readers see one generation of a document: the one that vault_documents.chunk_generation names.';
comment on column public.mono_training_chunks.generation is
  'The job and attempt that wrote the chunk: job id times 1000 plus attempt.';
comment on column public.mono_training_chunks.start_offset is
  'Where the chunk begins in the extracted text, in UTF-16 code units; end_offset is where it ends.';
comment on column public.mono_training_chunks.token_count is 'Tokens of content in cl100k_base.';
comment on column public.mono_training_chunks.content_hash is
  'SHA-256 of what was embedded, in hexadecimal.';
comment on column public.mono_training_chunks.language is
  'The text-search configuration that made search_vector; simple where the language is not known.';
comment on column public.mono_training_chunks.embedding_model is
  'The model that made the vector. Vectors of two models are never compared.';

-- An exact scan reads every vector of an organisation: out of line it takes four times as long.
alter table public.mono_training_chunks alter column embedding set storage plain;
-- Read for every candidate of a search by words.
alter table public.mono_training_chunks alter column search_vector set storage main;
create index mono_training_chunks_search_vector_idx
  on public.mono_training_chunks using gin (search_vector);
create index mono_training_chunks_metadata_idx
  on public.mono_training_chunks using gin (metadata jsonb_path_ops);

-- A graph or a list of words is shared by a sixteenth of the organisations, not by all.
do $$
begin
  for number in 0..15 loop
    execute format(
      'create table private.mono_training_chunks_%1$s partition of public.mono_training_chunks
         for values with (modulus 16, remainder %1$s) with (toast_tuple_target = 4080);
       comment on table private.mono_training_chunks_%1$s is ''The part of mono_training_chunks whose organisations hash to %1$s.'';
       alter table private.mono_training_chunks_%1$s enable row level security;
       revoke all on table private.mono_training_chunks_%1$s from public, anon, authenticated, service_role',
      number
    );
  end loop;
end
$$;

alter table public.mono_training_chunks enable row level security;
create policy mono_training_chunks_select_viewer on public.mono_training_chunks
  for select to authenticated
  using (
    org_id in (select private.get_member_org_ids('viewer'))
    and exists (
      select from public.vault_documents as document
      where document.id = vault_document_id and document.chunk_generation = generation
    )
  );
revoke all on table public.mono_training_chunks from public, anon, authenticated, service_role;
grant select on table public.mono_training_chunks to authenticated;
grant select, insert, update, delete on table public.mono_training_chunks to service_role;

create function private.tg_mono_training_docs__keep_jobs()
returns trigger
language plpgsql
volatile
security definer
set search_path = ''
as $$
begin
  update public.mono_training_jobs as job set training_doc_id = other.id
  from public.mono_training_docs as other
  where job.training_doc_id = old.id and other.id = (
    select doc.id from public.mono_training_docs as doc
    where doc.org_id = old.org_id and doc.vault_document_id = old.vault_document_id
      and doc.id <> old.id
    order by doc.created_at, doc.id
    limit 1
  );
  return old;
end
$$;
comment on function private.tg_mono_training_docs__keep_jobs() is
  'A document that leaves one set keeps its jobs while another set holds it. Definer: users may not write jobs.';
revoke all on function private.tg_mono_training_docs__keep_jobs()
  from public, anon, authenticated, service_role;
create trigger _300_keep_jobs
  before delete on public.mono_training_docs
  for each row execute function private.tg_mono_training_docs__keep_jobs();

create function private.update_left_documents(vault_document_ids uuid[])
returns void
language plpgsql
volatile
security invoker
set search_path = ''
as $$
begin
  update public.vault_documents as document
  set chunk_generation = null, next_chunk_generation = null, trained_revision = null
  where document.id = any (vault_document_ids) and document.chunk_generation is not null
    and not exists (
      select from public.mono_training_docs as doc
      where doc.org_id = document.org_id and doc.vault_document_id = document.id
    );
end
$$;
comment on function private.update_left_documents(uuid[]) is
  'Makes those of the documents untrained that are in no set any more, whose chunks have gone. The caller has locked them.';
revoke all on function private.update_left_documents(uuid[])
  from public, anon, authenticated, service_role;

create function private.tg_mono_training_docs__delete_chunks()
returns trigger
language plpgsql
volatile
security definer
set search_path = ''
as $$
begin
  -- Of two that leave the last two sets at once, the later must see that the other is gone.
  perform pg_advisory_xact_lock(hashtextextended('chunks of ' || leaving.vault_document_id, 0))
  from (select distinct vault_document_id from removed order by vault_document_id) as leaving;
  -- Whoever holds a document may wait for its place or its training, which are locked here already:
  -- waiting for the document would close the ring. Cron comes back for those that are passed over.
  perform private.update_left_documents(array(
    select document.id from public.vault_documents as document
    where document.id in (select leaving.vault_document_id from removed as leaving)
      and document.chunk_generation is not null
    order by document.id
    for no key update skip locked
  ));
  delete from public.mono_training_chunks as chunk
  using (select distinct org_id, vault_document_id from removed) as leaving
  where chunk.org_id = leaving.org_id and chunk.vault_document_id = leaving.vault_document_id
    and not exists (
      select from public.mono_training_docs as doc
      where doc.org_id = leaving.org_id and doc.vault_document_id = leaving.vault_document_id
    );
  return null;
end
$$;
comment on function private.tg_mono_training_docs__delete_chunks() is
  'A document that leaves its last set leaves search, and is untrained; where somebody else holds it, within a minute (update_search_indexes). After the jobs, in the order of whoever ends a training, so that the two never wait in a ring. Definer: users may not write chunks.';
revoke all on function private.tg_mono_training_docs__delete_chunks()
  from public, anon, authenticated, service_role;
create trigger _400_delete_chunks
  after delete on public.mono_training_docs referencing old table as removed
  for each statement execute function private.tg_mono_training_docs__delete_chunks();
