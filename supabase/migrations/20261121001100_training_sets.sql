-- Training sets and the documents in them.
create table public.mono_training_sets (
  id uuid not null default gen_random_uuid(),
  org_id uuid not null,
  name text not null,
  description text,
  auto_train boolean not null default false,
  reads_scans boolean not null default false,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint mono_training_sets_pkey primary key (id),
  constraint mono_training_sets_org_id_id_key unique (org_id, id),
  constraint mono_training_sets_org_id_name_key unique (org_id, name),
  constraint mono_training_sets_org_id_fkey
    foreign key (org_id) references public.organizations (id) on delete cascade,
  constraint mono_training_sets_name_check
    check (private.is_visible(name) and char_length(name) <= 255),
  constraint mono_training_sets_description_check check (char_length(description) <= 2000)
);
comment on table public.mono_training_sets is
  'Groups of documents that are searched together. The set named Vault is made when a document is first trained.';
comment on column public.mono_training_sets.auto_train is
  'Whether documents of the set are to be trained without being asked.';
comment on column public.mono_training_sets.reads_scans is
  'Whether pages of PDFs that are pictures may be sent to the vision provider: it costs tokens, and the pictures leave the house. A document in several sets needs one that allows it.';

create trigger _100_set_updated_at
  before update on public.mono_training_sets
  for each row execute function private.tg_any__set_updated_at();

alter table public.mono_training_sets enable row level security;
create policy mono_training_sets_select_viewer on public.mono_training_sets
  for select to authenticated
  using (org_id in (select private.get_member_org_ids('viewer')));
create policy mono_training_sets_insert_editor on public.mono_training_sets
  for insert to authenticated
  with check (org_id in (select private.get_member_org_ids('editor')));
create policy mono_training_sets_update_editor on public.mono_training_sets
  for update to authenticated
  using (org_id in (select private.get_member_org_ids('editor')))
  with check (org_id in (select private.get_member_org_ids('editor')));
create policy mono_training_sets_delete_admin on public.mono_training_sets
  for delete to authenticated
  using (org_id in (select private.get_member_org_ids('admin')));
revoke all on table public.mono_training_sets from public, anon, authenticated, service_role;
grant select, delete,
  insert (org_id, name, description, auto_train, reads_scans),
  update (name, description, auto_train, reads_scans)
  on table public.mono_training_sets to authenticated;
grant select, insert, update, delete on table public.mono_training_sets to service_role;

create table public.mono_training_docs (
  id uuid not null default gen_random_uuid(),
  org_id uuid not null,
  training_set_id uuid not null,
  vault_document_id uuid not null,
  source_type text not null default 'vault_document',
  title text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint mono_training_docs_pkey primary key (id),
  constraint mono_training_docs_training_set_id_vault_document_id_key
    unique (training_set_id, vault_document_id),
  -- The organisation is part of both keys: a set can only hold documents of its own organisation.
  constraint mono_training_docs_org_id_training_set_id_fkey
    foreign key (org_id, training_set_id)
    references public.mono_training_sets (org_id, id) on delete cascade,
  constraint mono_training_docs_org_id_vault_document_id_fkey
    foreign key (org_id, vault_document_id)
    references public.vault_documents (org_id, id) on delete cascade,
  constraint mono_training_docs_source_type_check check (source_type = 'vault_document')
);
comment on table public.mono_training_docs is 'Which documents are in which training set.';
comment on column public.mono_training_docs.title is
  'The document''s title when it was put into the set.';
create index mono_training_docs_org_id_training_set_id_idx
  on public.mono_training_docs (org_id, training_set_id);
create index mono_training_docs_org_id_vault_document_id_idx
  on public.mono_training_docs (org_id, vault_document_id);

create function private.tg_mono_training_docs__set_org_id()
returns trigger
language plpgsql
volatile
security invoker
set search_path = ''
as $$
begin
  select document.org_id, coalesce(new.title, document.title)
  into new.org_id, new.title
  from public.vault_documents as document
  where document.id = new.vault_document_id;
  if new.org_id is null then
    perform private.raise_error('DOCUMENT_NOT_FOUND', 404, 'There is no such document');
  end if;
  return new;
end
$$;
comment on function private.tg_mono_training_docs__set_org_id() is
  'Takes organisation and title from the document as the caller sees it. Raises DOCUMENT_NOT_FOUND.';
revoke all on function private.tg_mono_training_docs__set_org_id()
  from public, anon, authenticated, service_role;

create trigger _100_set_updated_at
  before update on public.mono_training_docs
  for each row execute function private.tg_any__set_updated_at();
create trigger _200_set_org_id
  before insert on public.mono_training_docs
  for each row execute function private.tg_mono_training_docs__set_org_id();

alter table public.mono_training_docs enable row level security;
create policy mono_training_docs_select_viewer on public.mono_training_docs
  for select to authenticated
  using (org_id in (select private.get_member_org_ids('viewer')));
create policy mono_training_docs_insert_editor on public.mono_training_docs
  for insert to authenticated
  with check (org_id in (select private.get_member_org_ids('editor')));
create policy mono_training_docs_delete_editor on public.mono_training_docs
  for delete to authenticated
  using (org_id in (select private.get_member_org_ids('editor')));
revoke all on table public.mono_training_docs from public, anon, authenticated, service_role;
grant select, delete, insert (training_set_id, vault_document_id)
  on table public.mono_training_docs to authenticated;
grant select, insert, update, delete on table public.mono_training_docs to service_role;
