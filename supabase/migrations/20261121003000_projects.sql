-- Construction projects, their disciplines and the pages of their drawing sets.
create function private.get_key(text text)
returns text
language sql
immutable
security invoker
set search_path = ''
return nullif(upper(regexp_replace(get_key.text, '[^A-Za-z0-9]', '', 'g')), '');
comment on function private.get_key(text) is
  'A sheet or detail number in capitals without spaces and punctuation: references write S-501, S501 and s 501 for one sheet.';
revoke all on function private.get_key(text) from public, anon, authenticated, service_role;
grant execute on function private.get_key(text) to authenticated, service_role;

create table public.projects (
  id uuid not null default gen_random_uuid(),
  org_id uuid not null,
  name text not null,
  created_by uuid default auth.uid(),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint projects_pkey primary key (id),
  constraint projects_org_id_id_key unique (org_id, id),
  constraint projects_org_id_fkey
    foreign key (org_id) references public.organizations (id) on delete cascade,
  constraint projects_created_by_fkey
    foreign key (created_by) references auth.users (id) on delete set null,
  constraint projects_name_check check (private.is_visible(name) and char_length(name) <= 255)
);
comment on table public.projects is 'Construction projects of an organisation.';
create index projects_created_by_idx on public.projects (created_by);

create table public.disciplines (
  id uuid not null default gen_random_uuid(),
  -- Set by a trigger; with a default, clients' types let it be left out.
  org_id uuid not null default '00000000-0000-0000-0000-000000000000',
  project_id uuid not null,
  name text not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint disciplines_pkey primary key (id),
  constraint disciplines_project_id_id_key unique (project_id, id),
  constraint disciplines_project_id_name_key unique (project_id, name),
  constraint disciplines_org_id_project_id_fkey
    foreign key (org_id, project_id) references public.projects (org_id, id) on delete cascade,
  constraint disciplines_name_check check (private.is_visible(name) and char_length(name) <= 255)
);
comment on table public.disciplines is 'Architectural, structural, plumbing: the parts of a drawing set.';
create index disciplines_org_id_project_id_idx on public.disciplines (org_id, project_id);

create table public.pages (
  id uuid not null default gen_random_uuid(),
  -- Set by a trigger; with a default, clients' types let it be left out.
  org_id uuid not null default '00000000-0000-0000-0000-000000000000',
  project_id uuid not null,
  discipline_id uuid,
  page_name text not null,
  sheet_number text,
  sheet_reflection text,
  sheet_key text generated always as (private.get_key(coalesce(sheet_number, page_name))) stored,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint pages_pkey primary key (id),
  constraint pages_org_id_project_id_id_key unique (org_id, project_id, id),
  constraint pages_org_id_project_id_fkey
    foreign key (org_id, project_id) references public.projects (org_id, id) on delete cascade,
  constraint pages_project_id_discipline_id_fkey
    foreign key (project_id, discipline_id)
    references public.disciplines (project_id, id) on delete set null (discipline_id),
  constraint pages_page_name_check
    check (private.is_visible(page_name) and char_length(page_name) <= 255),
  constraint pages_sheet_number_check
    check (private.is_visible(sheet_number) and char_length(sheet_number) <= 50),
  constraint pages_sheet_reflection_check check (char_length(sheet_reflection) <= 100000)
);
comment on table public.pages is 'Sheets of a drawing set, as Pass 1 leaves them.';
comment on column public.pages.sheet_reflection is
  'What Pass 1 says of the whole sheet: the context in which its crops are read.';
comment on column public.pages.sheet_key is
  'The sheet number, or else the name, in capitals without spaces and punctuation: what references are matched with.';
create index pages_project_id_discipline_id_idx on public.pages (project_id, discipline_id);
create index pages_project_id_sheet_key_idx on public.pages (project_id, sheet_key);

create function private.tg_any__set_project_org_id()
returns trigger
language plpgsql
volatile
security invoker
set search_path = ''
as $$
begin
  select project.org_id into new.org_id from public.projects as project
  where project.id = new.project_id;
  if new.org_id is null then
    perform private.raise_error('PROJECT_NOT_FOUND', 404, 'There is no such project');
  end if;
  return new;
end
$$;
comment on function private.tg_any__set_project_org_id() is
  'Takes the organisation from the project as the caller sees it. Raises PROJECT_NOT_FOUND.';
revoke all on function private.tg_any__set_project_org_id()
  from public, anon, authenticated, service_role;

create trigger _100_set_updated_at
  before update on public.projects
  for each row execute function private.tg_any__set_updated_at();
create trigger _100_set_updated_at
  before update on public.disciplines
  for each row execute function private.tg_any__set_updated_at();
create trigger _100_set_updated_at
  before update on public.pages
  for each row execute function private.tg_any__set_updated_at();
create trigger _200_set_org_id
  before insert on public.disciplines
  for each row execute function private.tg_any__set_project_org_id();
create trigger _200_set_org_id
  before insert on public.pages
  for each row execute function private.tg_any__set_project_org_id();

alter table public.projects enable row level security;
create policy projects_select_viewer on public.projects
  for select to authenticated
  using (org_id in (select private.get_member_org_ids('viewer')));
create policy projects_insert_editor on public.projects
  for insert to authenticated
  with check (org_id in (select private.get_member_org_ids('editor')));
create policy projects_update_editor on public.projects
  for update to authenticated
  using (org_id in (select private.get_member_org_ids('editor')))
  with check (org_id in (select private.get_member_org_ids('editor')));
create policy projects_delete_admin on public.projects
  for delete to authenticated
  using (org_id in (select private.get_member_org_ids('admin')));
revoke all on table public.projects from public, anon, authenticated, service_role;
grant select, delete, insert (id, org_id, name), update (name)
  on table public.projects to authenticated;
grant select, insert, update, delete on table public.projects to service_role;

alter table public.disciplines enable row level security;
create policy disciplines_select_viewer on public.disciplines
  for select to authenticated
  using (org_id in (select private.get_member_org_ids('viewer')));
create policy disciplines_insert_editor on public.disciplines
  for insert to authenticated
  with check (org_id in (select private.get_member_org_ids('editor')));
create policy disciplines_update_editor on public.disciplines
  for update to authenticated
  using (org_id in (select private.get_member_org_ids('editor')))
  with check (org_id in (select private.get_member_org_ids('editor')));
create policy disciplines_delete_admin on public.disciplines
  for delete to authenticated
  using (org_id in (select private.get_member_org_ids('admin')));
revoke all on table public.disciplines from public, anon, authenticated, service_role;
grant select, delete, insert (id, project_id, name), update (name)
  on table public.disciplines to authenticated;
grant select, insert, update, delete on table public.disciplines to service_role;

alter table public.pages enable row level security;
create policy pages_select_viewer on public.pages
  for select to authenticated
  using (org_id in (select private.get_member_org_ids('viewer')));
create policy pages_insert_editor on public.pages
  for insert to authenticated
  with check (org_id in (select private.get_member_org_ids('editor')));
create policy pages_update_editor on public.pages
  for update to authenticated
  using (org_id in (select private.get_member_org_ids('editor')))
  with check (org_id in (select private.get_member_org_ids('editor')));
create policy pages_delete_admin on public.pages
  for delete to authenticated
  using (org_id in (select private.get_member_org_ids('admin')));
revoke all on table public.pages from public, anon, authenticated, service_role;
grant select, delete,
  insert (id, project_id, discipline_id, page_name, sheet_number, sheet_reflection),
  update (discipline_id, page_name, sheet_number, sheet_reflection)
  on table public.pages to authenticated;
grant select, insert, update, delete on table public.pages to service_role;
