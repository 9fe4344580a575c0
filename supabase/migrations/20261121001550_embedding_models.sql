-- Which model's vectors an organisation searches, and which ones it changes to.
alter table public.organizations
  add column embedding_model text,
  add column next_embedding_model text,
  add constraint organizations_embedding_model_check
    check (char_length(embedding_model) between 1 and 200),
  -- Null would pass a check that only compares.
  add constraint organizations_next_embedding_model_check check (
    next_embedding_model is null or (
      char_length(next_embedding_model) between 1 and 200
      and coalesce(next_embedding_model <> embedding_model, false)
    )
  );
comment on column public.organizations.embedding_model is
  'The model of all vectors that searches compare; null until a training completes.';
comment on column public.organizations.next_embedding_model is
  'The model that every trained document is being embedded with; null unless a switch is going on.';
create index organizations_next_embedding_model_idx on public.organizations (id)
  where next_embedding_model is not null;

alter table public.vault_documents
  add column next_chunk_generation bigint,
  add constraint vault_documents_next_chunk_generation_check
    check (next_chunk_generation is null or chunk_generation is not null);
comment on column public.vault_documents.next_chunk_generation is
  'A complete copy of the live generation with vectors of the organisation''s next model, which no reader sees before the switch; null while there is none.';

create table private.failed_reembeddings (
  vault_document_id uuid not null,
  org_id uuid not null,
  error jsonb not null,
  failed_at timestamptz not null default now(),
  constraint failed_reembeddings_pkey primary key (vault_document_id),
  constraint failed_reembeddings_org_id_vault_document_id_fkey
    foreign key (org_id, vault_document_id)
    references public.vault_documents (org_id, id) on delete cascade
);
comment on table private.failed_reembeddings is
  'Documents that the next model could not embed. They hold up the switch until somebody does something about them.';
create index failed_reembeddings_org_id_vault_document_id_idx
  on private.failed_reembeddings (org_id, vault_document_id);
alter table private.failed_reembeddings enable row level security;
revoke all on table private.failed_reembeddings from public, anon, authenticated, service_role;

create table private.stale_chunks (
  org_id uuid not null,
  vault_document_id uuid not null,
  embedding_model text not null,
  constraint stale_chunks_pkey primary key (org_id, vault_document_id, embedding_model),
  constraint stale_chunks_org_id_vault_document_id_fkey
    foreign key (org_id, vault_document_id)
    references public.vault_documents (org_id, id) on delete cascade
);
comment on table private.stale_chunks is
  'What a switch has left: vectors of the model, of the document, that nobody will need again. Deleted bit by bit, since a large organisation''s would take longer than a request may.';
alter table private.stale_chunks enable row level security;
revoke all on table private.stale_chunks from public, anon, authenticated, service_role;

create function private.get_searched_model(org_id uuid, embedding_model text)
returns text
language plpgsql
stable
security invoker
set search_path = ''
as $$
declare
  pinned_model text := (
    select own.embedding_model from public.organizations as own
    where own.id = get_searched_model.org_id
  );
begin
  if pinned_model <> get_searched_model.embedding_model then
    perform private.raise_error(
      'EMBEDDING_MODEL_CHANGED', 409, 'The organisation searches with another embedding model',
      jsonb_build_object('embedding_model', pinned_model), 'Embed the question with that model'
    );
  end if;
  return coalesce(pinned_model, get_searched_model.embedding_model);
end
$$;
comment on function private.get_searched_model(uuid, text) is
  'The model whose vectors a question may be compared with, by that of the question; null for a question that does not say is taken for the right one. Raises EMBEDDING_MODEL_CHANGED.';
revoke all on function private.get_searched_model(uuid, text)
  from public, anon, authenticated, service_role;

create function private.get_organization_for_training(org_id uuid)
returns public.organizations
language plpgsql
volatile
security invoker
set search_path = ''
as $$
declare
  organization public.organizations;
begin
  select own.* into organization from public.organizations as own
  where own.id = get_organization_for_training.org_id and own.embedding_model is not null
  for share;
  -- The first training sets the model: two of them at once, sharing, would wait for each other.
  if organization.id is null then
    select own.* into organization from public.organizations as own
    where own.id = get_organization_for_training.org_id
    for no key update;
  end if;
  return organization;
end
$$;
comment on function private.get_organization_for_training(uuid) is
  'The organisation, locked so that its models stay as they are until the transaction ends. Trainings share the lock, except before the first.';
revoke all on function private.get_organization_for_training(uuid)
  from public, anon, authenticated, service_role;

create function private.delete_stale_chunks(max_chunks integer)
returns bigint
language plpgsql
volatile
security invoker
set search_path = ''
as $$
declare
  stale private.stale_chunks;
  row_count bigint;
  deleted_count bigint := 0;
begin
  for stale in
    select own.* from private.stale_chunks as own
    order by own.org_id, own.vault_document_id
    for update skip locked
  loop
    exit when deleted_count >= max_chunks;
    delete from public.mono_training_chunks as chunk
    using public.vault_documents as document
    where chunk.org_id = stale.org_id and chunk.vault_document_id = stale.vault_document_id
      and chunk.embedding_model = stale.embedding_model
      and document.org_id = stale.org_id and document.id = stale.vault_document_id
      and chunk.generation is distinct from document.chunk_generation
      and chunk.generation is distinct from document.next_chunk_generation
      -- A job at work ends as overtaken, and not as one whose chunks are missing.
      and not exists (
        select from private.jobs as job where job.id = chunk.generation / 1000
      );
    get diagnostics row_count = row_count;
    deleted_count := deleted_count + row_count;
    delete from private.stale_chunks as own
    where own.org_id = stale.org_id and own.vault_document_id = stale.vault_document_id
      and own.embedding_model = stale.embedding_model;
  end loop;
  return deleted_count;
end
$$;
comment on function private.delete_stale_chunks(integer) is
  'Deletes what switches have left, document by document, until about so many chunks are gone. Returns how many.';
revoke all on function private.delete_stale_chunks(integer)
  from public, anon, authenticated, service_role;
