-- Chunks of trained documents, with their vectors, in generations.
create table public.mono_training_chunks (
  org_id uuid not null,
  id uuid not null default gen_random_uuid(),
  training_doc_id uuid not null,
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
  embedding_model text not null,
  embedding extensions.halfvec(1024) not null,
  search_vector tsvector not null
    generated always as (to_tsvector('pg_catalog.english', content)) stored,
  created_at timestamptz not null default now(),
  constraint mono_training_chunks_pkey primary key (org_id, id),
  constraint mono_training_chunks_org_id_document_generation_ordinal_key
    unique (org_id, vault_document_id, generation, ordinal),
  constraint mono_training_chunks_training_doc_id_fkey
    foreign key (training_doc_id) references public.mono_training_docs (id) on delete cascade,
  constraint mono_training_chunks_org_id_vault_document_id_fkey
    foreign key (org_id, vault_document_id)
    references public.vault_documents (org_id, id) on delete cascade,
  constraint mono_training_chunks_content_check check (content <> ''),
  -- The cosine with a vector without length is no number, and would spoil every score beside it.
  constraint mono_training_chunks_embedding_check check (extensions.l2_norm(embedding) > 0),
  constraint mono_training_chunks_ordinal_check check (ordinal >= 0),
  constraint mono_training_chunks_offsets_check
    check (start_offset >= 0 and end_offset > start_offset)
);
comment on table public.mono_training_chunks is
  'Pieces of trained documents. Readers see one generation of a document: the one that vault_documents.chunk_generation names.';
comment on column public.mono_training_chunks.generation is
  'The job and attempt that wrote the chunk: job id times 1000 plus attempt.';
comment on column public.mono_training_chunks.start_offset is
  'Where the chunk begins in the extracted text, in UTF-16 code units; end_offset is where it ends.';
comment on column public.mono_training_chunks.token_count is 'Tokens of content in cl100k_base.';
comment on column public.mono_training_chunks.content_hash is
  'SHA-256 of what was embedded, in hexadecimal.';
comment on column public.mono_training_chunks.embedding_model is
  'The model that made the vector. Vectors of two models are never compared.';

-- An exact scan reads every vector of an organisation: out of line it takes four times as long.
alter table public.mono_training_chunks alter column embedding set storage plain;
create index mono_training_chunks_training_doc_id_idx
  on public.mono_training_chunks (training_doc_id);
create index mono_training_chunks_search_vector_idx
  on public.mono_training_chunks using gin (search_vector);

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

create function private.tg_mono_training_docs__keep_chunks()
returns trigger
language plpgsql
volatile
security definer
set search_path = ''
as $$
declare
  other_doc_id uuid := (
    select other.id from public.mono_training_docs as other
    where other.vault_document_id = old.vault_document_id and other.id <> old.id
    order by other.created_at, other.id
    limit 1
  );
begin
  if other_doc_id is not null then
    -- The jobs first, as whoever ends a training does, so that the two never wait in a ring.
    update public.mono_training_jobs set training_doc_id = other_doc_id
    where training_doc_id = old.id;
    update public.mono_training_chunks set training_doc_id = other_doc_id
    where training_doc_id = old.id;
  end if;
  return old;
end
$$;
comment on function private.tg_mono_training_docs__keep_chunks() is
  'A document that leaves one set keeps its chunks and jobs while another set holds it. Definer: users may not write chunks.';
revoke all on function private.tg_mono_training_docs__keep_chunks()
  from public, anon, authenticated, service_role;
create trigger _300_keep_chunks
  before delete on public.mono_training_docs
  for each row execute function private.tg_mono_training_docs__keep_chunks();
