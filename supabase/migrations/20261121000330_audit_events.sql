-- The audit log: who changed what and when, written by triggers, and added to only.
create table public.audit_events (
  id bigint not null generated always as identity,
  org_id uuid not null,
  actor text not null,
  actor_id uuid,
  action text not null,
  subject_id uuid not null,
  details jsonb not null default '{}',
  created_at timestamptz not null default now(),
  constraint audit_events_pkey primary key (id),
  constraint audit_events_actor_check check (actor in ('user', 'service_role', 'system')),
  constraint audit_events_actor_id_check check ((actor = 'user') = (actor_id is not null)),
  constraint audit_events_action_check check (action ~ '^[a-z_]+\.[a-z_]+$'),
  constraint audit_events_details_check check (pg_column_size(details) <= 8192)
);
comment on table public.audit_events is
  'Who changed what in an organisation. No foreign keys: it outlives accounts and organisations. Kept for 400 days.';
comment on column public.audit_events.actor is
  'user: the account actor_id; service_role: whoever holds the secret key; system: a job, cron, the auth service or an operator in SQL.';
comment on column public.audit_events.actor_id is
  'An id and not an address: whose it was is not known any more when the account is gone.';
comment on column public.audit_events.action is '<what>.<done to it>, such as member.removed.';
comment on column public.audit_events.subject_id is
  'Of the organisation, the user who is the member, the invitation, or the row.';
comment on column public.audit_events.details is
  'Roles and names, before and after; never an address, a token or contents.';
create index audit_events_org_id_id_idx on public.audit_events (org_id, id desc);
-- Rows come in the order of their time: a summary of each page range finds the old ones.
create index audit_events_created_at_idx on public.audit_events using brin (created_at);
alter table public.audit_events enable row level security;
create policy audit_events_select_admin on public.audit_events
  for select to authenticated
  using (org_id in (select private.get_member_org_ids('admin')));
revoke all on table public.audit_events from public, anon, authenticated, service_role;
revoke all on sequence public.audit_events_id_seq from public, anon, authenticated, service_role;
grant select on table public.audit_events to authenticated, service_role;

create function private.tg_audit_events__assert_kept()
returns trigger
language plpgsql
volatile
security invoker
set search_path = ''
as $$
begin
  if tg_op = 'DELETE' and old.created_at < now() - interval '400 days' then
    return old;
  end if;
  perform private.raise_error('METHOD_NOT_ALLOWED', 405, 'The audit log is added to only');
  return null;
end
$$;
comment on function private.tg_audit_events__assert_kept() is
  'Refuses to change an event, and to delete one within 400 days, to whatever function or operator tries. Raises METHOD_NOT_ALLOWED.';
revoke all on function private.tg_audit_events__assert_kept()
  from public, anon, authenticated, service_role;
create trigger _100_assert_kept
  before update or delete on public.audit_events
  for each row execute function private.tg_audit_events__assert_kept();
create trigger _110_assert_kept
  before truncate on public.audit_events
  for each statement execute function private.tg_audit_events__assert_kept();

create function private.delete_old_audit_events()
returns void
language sql
volatile
security definer
set search_path = ''
as $$
  delete from public.audit_events where created_at < now() - interval '400 days'
$$;
comment on function private.delete_old_audit_events() is
  'From cron every night: forgets what is older than 400 days. Definer: nobody may delete events.';
revoke all on function private.delete_old_audit_events()
  from public, anon, authenticated, service_role;
select cron.schedule(
  'maestro-delete-old-audit-events', '29 3 * * *', 'select private.delete_old_audit_events()'
);

create function private.get_actor()
returns text
language sql
stable
security invoker
set search_path = ''
return case
  when (select auth.uid()) is not null then 'user'
  when current_setting('role', true) = 'service_role' then 'service_role'
  else 'system'
end;
comment on function private.get_actor() is
  'Who acts, as audit_events.actor has it. A definer function keeps the role that PostgREST has set.';
revoke all on function private.get_actor() from public, anon, authenticated, service_role;

create function private.add_audit_event(org_id uuid, action text, subject_id uuid, details jsonb)
returns void
language sql
volatile
security invoker
set search_path = ''
as $$
  insert into public.audit_events (org_id, actor, actor_id, action, subject_id, details)
  values (
    add_audit_event.org_id, private.get_actor(), (select auth.uid()), add_audit_event.action,
    add_audit_event.subject_id, add_audit_event.details
  )
$$;
comment on function private.add_audit_event(uuid, text, uuid, jsonb) is
  'Notes what the caller of the request has done.';
revoke all on function private.add_audit_event(uuid, text, uuid, jsonb)
  from public, anon, authenticated, service_role;

create function private.tg_organizations__add_event()
returns trigger
language plpgsql
volatile
security definer
set search_path = ''
as $$
begin
  perform case tg_op
    when 'INSERT' then private.add_audit_event(
      new.id, 'organization.created', new.id, jsonb_build_object('name', new.name)
    )
    when 'UPDATE' then private.add_audit_event(
      new.id, 'organization.renamed', new.id, jsonb_build_object('from', old.name, 'to', new.name)
    )
    else private.add_audit_event(
      old.id, 'organization.deleted', old.id, jsonb_build_object('name', old.name)
    )
  end;
  return null;
end
$$;
comment on function private.tg_organizations__add_event() is
  'Notes the making, renaming and deletion of an organisation. Definer: nobody may write events.';
revoke all on function private.tg_organizations__add_event()
  from public, anon, authenticated, service_role;
create trigger _800_add_event
  after insert or delete on public.organizations
  for each row execute function private.tg_organizations__add_event();
create trigger _810_add_event
  after update of name on public.organizations
  for each row when (old.name <> new.name)
  execute function private.tg_organizations__add_event();

create function private.tg_organization_members__add_event()
returns trigger
language plpgsql
volatile
security definer
set search_path = ''
as $$
begin
  -- The end of an organisation is one event.
  perform private.add_audit_event(
    own.id,
    case
      when tg_op = 'INSERT' then 'member.added'
      when tg_op = 'UPDATE' then 'member.role_changed'
      when old.user_id = (select auth.uid()) then 'member.left'
      else 'member.removed'
    end,
    coalesce(new.user_id, old.user_id),
    case when tg_op = 'UPDATE'
      then jsonb_build_object('from', old.role, 'to', new.role)
      else jsonb_build_object('role', coalesce(new.role, old.role))
    end
  )
  from public.organizations as own where own.id = coalesce(new.org_id, old.org_id);
  return null;
end
$$;
comment on function private.tg_organization_members__add_event() is
  'Notes who came, who went and whose role changed. Definer: nobody may write events.';
revoke all on function private.tg_organization_members__add_event()
  from public, anon, authenticated, service_role;
create trigger _800_add_event
  after insert or delete on public.organization_members
  for each row execute function private.tg_organization_members__add_event();
create trigger _810_add_event
  after update of role on public.organization_members
  for each row when (old.role <> new.role)
  execute function private.tg_organization_members__add_event();

create function private.tg_organization_invitations__add_event()
returns trigger
language plpgsql
volatile
security definer
set search_path = ''
as $$
begin
  perform private.add_audit_event(
    own.id,
    'invitation.' || case new.status when 'open' then 'created' else new.status end,
    new.id, jsonb_build_object('role', new.role)
  )
  from public.organizations as own where own.id = new.org_id;
  return null;
end
$$;
comment on function private.tg_organization_invitations__add_event() is
  'Notes what happens to an invitation; its address stays in its own row. Definer: nobody may write events.';
revoke all on function private.tg_organization_invitations__add_event()
  from public, anon, authenticated, service_role;
create trigger _800_add_event
  after insert on public.organization_invitations
  for each row execute function private.tg_organization_invitations__add_event();
create trigger _810_add_event
  -- Not "of status": another trigger may have set it.
  after update on public.organization_invitations
  for each row when (old.status <> new.status)
  execute function private.tg_organization_invitations__add_event();
