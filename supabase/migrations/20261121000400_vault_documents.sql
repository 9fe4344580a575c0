-- Documents that users bring: one row and one object each, at a path built from ids.
create table public.vault_documents (
  id uuid not null default gen_random_uuid(),
  org_id uuid not null,
  title text not null,
  storage_path text not null,
  mime_type text not null,
  language text,
  revision integer not null default 1,
  chunk_generation bigint,
  trained_revision integer,
  created_by uuid default auth.uid(),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint vault_documents_pkey primary key (id),
  constraint vault_documents_org_id_id_key unique (org_id, id),
  constraint vault_documents_org_id_fkey
    foreign key (org_id) references public.organizations (id) on delete cascade,
  constraint vault_documents_created_by_fkey
    foreign key (created_by) references auth.users (id) on delete set null,
  constraint vault_documents_title_check
    check (private.is_visible(title) and char_length(title) <= 500),
  constraint vault_documents_mime_type_check check (mime_type ~ '^[a-z]{1,50}/[a-z0-9.+-]{1,100}$'),
  constraint vault_documents_language_check check (language in (
    'simple', 'arabic', 'armenian', 'basque', 'catalan', 'danish', 'dutch', 'english', 'finnish',
    'french', 'german', 'greek', 'hindi', 'hungarian', 'indonesian', 'irish', 'italian',
    'lithuanian', 'nepali', 'norwegian', 'portuguese', 'romanian', 'russian', 'serbian',
    'spanish', 'swedish', 'tamil', 'turkish', 'yiddish'
  )),
  -- A path stored by a user is never trusted: it can only name this row's own object.
  -- A pattern with the ids in it would be compiled for each row, which takes 8 ms.
  constraint vault_documents_storage_path_check check (
    starts_with(storage_path, org_id || '/' || id || '/')
    and substr(storage_path, 75) ~ '^[A-Za-z0-9_]([A-Za-z0-9_ .()+-]{0,198}[A-Za-z0-9_)])?$'
  )
);
comment on table public.vault_documents is
  'Documents of an organisation. Upload to bucket documents at <org_id>/<id>/<filename>, then insert the row.';
comment on column public.vault_documents.storage_path is
  'Name of the object in bucket documents; <org_id>/<id>/<filename> of this very row.';
comment on column public.vault_documents.language is
  'The text-search configuration of PostgreSQL for its words; null to have the language told from the text.';
comment on column public.vault_documents.revision is
  'Goes up with every update by a user, since an update is how a replaced object is announced.';
comment on column public.vault_documents.chunk_generation is
  'The generation of mono_training_chunks that readers see; null until the document is trained.';

comment on column public.vault_documents.trained_revision is
  'The revision that the live generation was made of: another one than `revision` means that a change has not been trained.';

create index vault_documents_created_by_idx on public.vault_documents (created_by);
create index vault_documents_org_id_created_at_idx
  on public.vault_documents (org_id, created_at desc, id desc);

create function private.tg_vault_documents__raise_revision()
returns trigger
language plpgsql
volatile
security invoker
set search_path = ''
as $$
begin
  new.revision := old.revision + 1;
  return new;
end
$$;
comment on function private.tg_vault_documents__raise_revision() is
  'Counts the updates that users make, so that a result computed from older bytes can be told.';
revoke all on function private.tg_vault_documents__raise_revision()
  from public, anon, authenticated, service_role;

create trigger _100_set_updated_at
  before update on public.vault_documents
  for each row execute function private.tg_any__set_updated_at();
create trigger _200_raise_revision
  before update of title, storage_path, mime_type, language on public.vault_documents
  for each row execute function private.tg_vault_documents__raise_revision();

alter table public.vault_documents enable row level security;
create policy vault_documents_select_viewer on public.vault_documents
  for select to authenticated
  using (org_id in (select private.get_member_org_ids('viewer')));
create policy vault_documents_insert_editor on public.vault_documents
  for insert to authenticated
  with check (org_id in (select private.get_member_org_ids('editor')));
create policy vault_documents_update_editor on public.vault_documents
  for update to authenticated
  using (org_id in (select private.get_member_org_ids('editor')))
  with check (org_id in (select private.get_member_org_ids('editor')));
create policy vault_documents_delete_admin on public.vault_documents
  for delete to authenticated
  using (org_id in (select private.get_member_org_ids('admin')));
revoke all on table public.vault_documents from public, anon, authenticated, service_role;
grant select, delete,
  insert (id, org_id, title, storage_path, mime_type, language),
  update (title, storage_path, mime_type, language)
  on table public.vault_documents to authenticated;
grant select, insert, update, delete on table public.vault_documents to service_role;
