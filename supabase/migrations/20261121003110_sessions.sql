-- Conversations with a project's assistant.
create table public.sessions (
  id uuid not null default gen_random_uuid(),
  -- Set by a trigger; with a default, clients' types let it be left out.
  org_id uuid not null default '00000000-0000-0000-0000-000000000000',
  project_id uuid not null,
  user_id text not null default auth.uid()::text,
  session_type text not null,
  workspace_id uuid,
  workspace_name text,
  maestro_messages jsonb not null default '[]',
  learning_messages jsonb not null default '[]',
  workspace_state jsonb
    default '{"displayed_pages":[],"highlighted_pointers":[],"pinned_pages":[]}',
  status text not null default 'active',
  last_active_at timestamptz not null default now(),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint sessions_pkey primary key (id),
  constraint sessions_org_id_project_id_fkey
    foreign key (org_id, project_id) references public.projects (org_id, id) on delete cascade,
  constraint sessions_session_type_check check (session_type in ('workspace', 'telegram')),
  constraint sessions_status_check check (status in ('active', 'idle', 'closed'))
);
comment on table public.sessions is 'Conversations of a user with a project''s assistant.';
comment on column public.sessions.user_id is
  'Whose session it is: an id of auth.users, or of another service that the service role speaks for.';
create index sessions_project_id_idx on public.sessions (project_id);
create index sessions_org_id_project_id_idx on public.sessions (org_id, project_id);
create index sessions_user_id_idx on public.sessions (user_id);
create index sessions_status_idx on public.sessions (status) where status = 'active';

create trigger _100_set_updated_at
  before update on public.sessions
  for each row execute function private.tg_any__set_updated_at();
create trigger _200_set_org_id
  before insert on public.sessions
  for each row execute function private.tg_any__set_project_org_id();

alter table public.sessions enable row level security;
create policy sessions_select_own on public.sessions
  for select to authenticated
  using (
    user_id = (select auth.uid())::text
    and org_id in (select private.get_member_org_ids('viewer'))
  );
create policy sessions_insert_own on public.sessions
  for insert to authenticated
  with check (
    user_id = (select auth.uid())::text
    and org_id in (select private.get_member_org_ids('viewer'))
  );
create policy sessions_update_own on public.sessions
  for update to authenticated
  using (
    user_id = (select auth.uid())::text
    and org_id in (select private.get_member_org_ids('viewer'))
  )
  with check (
    user_id = (select auth.uid())::text
    and org_id in (select private.get_member_org_ids('viewer'))
  );
create policy sessions_delete_own on public.sessions
  for delete to authenticated
  using (
    user_id = (select auth.uid())::text
    and org_id in (select private.get_member_org_ids('viewer'))
  );
revoke all on table public.sessions from public, anon, authenticated, service_role;
grant select, delete,
  insert (
    project_id, session_type, workspace_id, workspace_name, maestro_messages, learning_messages,
    workspace_state, status, last_active_at
  ),
  update (
    workspace_id, workspace_name, maestro_messages, learning_messages, workspace_state, status,
    last_active_at
  )
  on table public.sessions to authenticated;
grant select, insert, update, delete on table public.sessions to service_role;
