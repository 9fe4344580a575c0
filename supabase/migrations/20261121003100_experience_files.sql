-- What a project's assistant has learned, as files.
create table public.experience_files (
  id uuid not null default gen_random_uuid(),
  -- Set by a trigger; with a default, clients' types let it be left out.
  org_id uuid not null default '00000000-0000-0000-0000-000000000000',
  project_id uuid not null,
  path text not null,
  content text not null default '',
  updated_by_session uuid,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint experience_files_pkey primary key (id),
  constraint experience_files_project_id_path_key unique (project_id, path),
  constraint experience_files_org_id_project_id_fkey
    foreign key (org_id, project_id) references public.projects (org_id, id) on delete cascade,
  constraint experience_files_path_check check (
    char_length(path) between 1 and 255 and path ~ '^[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*$'
  ),
  constraint experience_files_content_check check (octet_length(content) <= 1048576)
);
comment on table public.experience_files is
  'Markdown files in which a project''s assistant keeps what it has learned. Every project begins with five.';
comment on column public.experience_files.updated_by_session is
  'The session that wrote it last; it outlives the session.';
create index experience_files_org_id_project_id_idx
  on public.experience_files (org_id, project_id);
create index experience_files_project_id_idx on public.experience_files (project_id);

create trigger _100_set_updated_at
  before update on public.experience_files
  for each row execute function private.tg_any__set_updated_at();
create trigger _200_set_org_id
  before insert on public.experience_files
  for each row execute function private.tg_any__set_project_org_id();

alter table public.experience_files enable row level security;
create policy experience_files_select_viewer on public.experience_files
  for select to authenticated
  using (org_id in (select private.get_member_org_ids('viewer')));
create policy experience_files_insert_editor on public.experience_files
  for insert to authenticated
  with check (org_id in (select private.get_member_org_ids('editor')));
create policy experience_files_update_editor on public.experience_files
  for update to authenticated
  using (org_id in (select private.get_member_org_ids('editor')))
  with check (org_id in (select private.get_member_org_ids('editor')));
create policy experience_files_delete_editor on public.experience_files
  for delete to authenticated
  using (org_id in (select private.get_member_org_ids('editor')));
revoke all on table public.experience_files from public, anon, authenticated, service_role;
grant select, delete, insert (project_id, path, content, updated_by_session),
  update (content, updated_by_session)
  on table public.experience_files to authenticated;
grant select, insert, update, delete on table public.experience_files to service_role;

create function private.list_default_experience()
returns table (path text, content text)
language sql
immutable
security invoker
set search_path = ''
as $$
  values
    ('routing_rules.md', $md$# Routing rules

Which sheets and details answer which kind of question in this project.

## Default Routes

- Dimensions, sections and connections: the detail that a plan refers to, before the plan itself.
- Products, finishes and tolerances: the specification section that the drawing names.
- Quantities and types of doors, windows, fixtures: the schedule, before the plan.
- What two drawings say differently: the larger scale, and a note in `gaps.md`.

## Extended Knowledge

Documents beside the drawing set, and what they are good for.

## Learned Patterns

Routes that have proven right, with the question that they answered.
$md$),
    ('corrections.md', $md$# Corrections

What somebody has put right: what was said, what is true, who says so, and where it is written.
$md$),
    ('preferences.md', $md$# Preferences

How the people of this project want to be answered: units, level of detail, format, language.
$md$),
    ('schedule.md', $md$# Schedule

Dates, milestones and the order of work, each with its source.
$md$),
    ('gaps.md', $md$# Gaps

What the drawings do not say, or say in two ways, with the sheets concerned and who was asked.
$md$)
$$;
comment on function private.list_default_experience() is
  'The five files that every project begins with.';
revoke all on function private.list_default_experience()
  from public, anon, authenticated, service_role;

create function private.add_missing_experience(project_id uuid)
returns bigint
language sql
volatile
security invoker
set search_path = ''
as $$
  with added as (
    insert into public.experience_files (project_id, path, content)
    select add_missing_experience.project_id, starter.path, starter.content
    from private.list_default_experience() as starter
    on conflict on constraint experience_files_project_id_path_key do nothing
    returning 1
  )
  select count(*) from added
$$;
comment on function private.add_missing_experience(uuid) is
  'Adds the default files that a project lacks; returns how many.';
revoke all on function private.add_missing_experience(uuid)
  from public, anon, authenticated, service_role;

create function private.add_default_experience(project_id uuid)
returns bigint
language plpgsql
volatile
security definer
set search_path = ''
as $$
declare
  own_org_id uuid;
begin
  select project.org_id into own_org_id from public.projects as project
  where project.id = add_default_experience.project_id
    and project.org_id in (select private.get_member_org_ids('viewer'));
  if own_org_id is null then
    perform private.raise_error('PROJECT_NOT_FOUND', 404, 'There is no such project');
  end if;
  perform private.assert_org_role(own_org_id, 'editor');
  return private.add_missing_experience(add_default_experience.project_id);
end
$$;
comment on function private.add_default_experience(uuid) is
  'Adds those of the five default files that a project lacks, and changes none. Returns how many were added. Raises PROJECT_NOT_FOUND, ROLE_TOO_LOW. Definer: shares its work with the trigger.';
revoke all on function private.add_default_experience(uuid)
  from public, anon, authenticated, service_role;
grant execute on function private.add_default_experience(uuid) to authenticated;

create function private.tg_projects__add_experience()
returns trigger
language plpgsql
volatile
security definer
set search_path = ''
as $$
begin
  perform private.add_missing_experience(new.id);
  return null;
end
$$;
comment on function private.tg_projects__add_experience() is
  'Gives a new project its five Experience files. Definer: whoever inserts projects need not be allowed to write files.';
revoke all on function private.tg_projects__add_experience()
  from public, anon, authenticated, service_role;
create trigger _300_add_default_experience
  after insert on public.projects
  for each row execute function private.tg_projects__add_experience();

create function public.add_default_experience(p_project_id uuid)
returns bigint
language sql
volatile
security invoker
set search_path = ''
return private.add_default_experience(p_project_id);
comment on function public.add_default_experience(uuid) is 'See private.add_default_experience.';
revoke all on function public.add_default_experience(uuid)
  from public, anon, authenticated, service_role;
grant execute on function public.add_default_experience(uuid) to authenticated;
