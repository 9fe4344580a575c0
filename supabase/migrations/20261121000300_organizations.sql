-- Organisations, their members, and the questions that policies ask about them.
create table public.organizations (
  id uuid not null default gen_random_uuid(),
  name text not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint organizations_pkey primary key (id),
  constraint organizations_name_check check (private.is_visible(name) and char_length(name) <= 255)
);
comment on table public.organizations is
  'The tenant. Everything that a user owns belongs to exactly one organisation.';

create table public.organization_members (
  org_id uuid not null,
  user_id uuid not null,
  role text not null,
  created_at timestamptz not null default now(),
  constraint organization_members_pkey primary key (org_id, user_id),
  constraint organization_members_org_id_fkey
    foreign key (org_id) references public.organizations (id) on delete cascade,
  constraint organization_members_user_id_fkey
    foreign key (user_id) references auth.users (id) on delete cascade,
  constraint organization_members_role_check check (role in ('viewer', 'editor', 'admin', 'owner'))
);
comment on table public.organization_members is
  'Who belongs to which organisation, and what they may do there.';
comment on column public.organization_members.role is
  'viewer reads and searches; editor also creates, changes and trains; admin also deletes and manages members; owner also transfers and deletes the organisation.';

-- Policies ask for the organisations of one user; the primary key starts with the other column.
create index organization_members_user_id_idx on public.organization_members (user_id);

create trigger _100_set_updated_at
  before update on public.organizations
  for each row execute function private.tg_any__set_updated_at();

create function private.get_role_rank(role text)
returns integer
-- In plpgsql its plan is kept: each request asks for it, many times.
language plpgsql
immutable
security invoker
set search_path = ''
as $$
begin
  return array_position(array['viewer', 'editor', 'admin', 'owner'], get_role_rank.role);
end
$$;
comment on function private.get_role_rank(text) is
  'Position of a role in the order of rights, 1 (viewer) to 4 (owner); null for an unknown role.';
revoke all on function private.get_role_rank(text) from public, anon, authenticated, service_role;

create function private.get_member_org_ids(min_role text)
returns setof uuid
language sql
stable
security definer
set search_path = ''
as $$
  select member.org_id
  from public.organization_members as member
  join auth.users as account on account.id = member.user_id
  where member.user_id = (select auth.uid())
    and private.get_role_rank(member.role) >= private.get_role_rank(get_member_org_ids.min_role)
    -- The token of a banned user is good until it expires; what it opens is closed at once.
    and coalesce(account.banned_until <= now(), true)
$$;
comment on function private.get_member_org_ids(text) is
  'Organisations in which the caller has at least the given role; none for a caller without a user id, or who is banned. Definer: reads memberships for policies, which could not read their own table without recursion.';
revoke all on function private.get_member_org_ids(text) from public, anon, authenticated, service_role;
grant execute on function private.get_member_org_ids(text) to authenticated;

create function private.assert_org_role(org_id uuid, min_role text)
returns void
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  member_role text := (
    select member.role
    from public.organization_members as member
    join auth.users as account on account.id = member.user_id
    where member.org_id = assert_org_role.org_id
      and member.user_id = (select auth.uid())
      and coalesce(account.banned_until <= now(), true)
  );
begin
  if member_role is null then
    perform private.raise_error('ORG_NOT_FOUND', 404, 'There is no such organisation, or you are not a member of it');
  end if;
  if private.get_role_rank(member_role) >= private.get_role_rank(assert_org_role.min_role) then
    return;
  end if;
  perform private.raise_error(
    'ROLE_TOO_LOW', 403,
    format('This needs the role %s or higher in the organisation', assert_org_role.min_role),
    jsonb_build_object('role', member_role, 'required_role', assert_org_role.min_role),
    'Ask an admin of the organisation'
  );
end
$$;
comment on function private.assert_org_role(uuid, text) is
  'Passes when the caller has at least the given role. Raises ORG_NOT_FOUND for a stranger (for nobody and for a banned user, too), ROLE_TOO_LOW for a member with less. Definer: reads memberships.';
revoke all on function private.assert_org_role(uuid, text) from public, anon, authenticated, service_role;

create function private.get_org_id(org_id uuid, min_role text)
returns uuid
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  own_org_ids uuid[] := array(select private.get_member_org_ids('viewer'));
  chosen_org_id uuid := coalesce(get_org_id.org_id, own_org_ids[1]);
begin
  if get_org_id.org_id is null and cardinality(own_org_ids) > 1 then
    perform private.raise_error(
      'ORG_REQUIRED', 400, 'You belong to several organisations: say which one is meant',
      jsonb_build_object('org_ids', own_org_ids), 'Send orgId'
    );
  end if;
  perform private.assert_org_role(chosen_org_id, get_org_id.min_role);
  return chosen_org_id;
end
$$;
comment on function private.get_org_id(uuid, text) is
  'The organisation that a request means: the given one, or the caller''s only one. Raises ORG_REQUIRED, ORG_NOT_FOUND, ROLE_TOO_LOW. Definer: reads memberships.';
revoke all on function private.get_org_id(uuid, text) from public, anon, authenticated, service_role;
grant execute on function private.get_org_id(uuid, text) to authenticated;

create function public.get_org_id(p_org_id uuid default null, p_min_role text default 'viewer')
returns uuid
language sql
stable
security invoker
set search_path = ''
return private.get_org_id(p_org_id, p_min_role);
comment on function public.get_org_id(uuid, text) is
  'The organisation that a request means: the given one, or the caller''s only one. Raises ORG_REQUIRED (400), ORG_NOT_FOUND (404), ROLE_TOO_LOW (403).';
revoke all on function public.get_org_id(uuid, text) from public, anon, authenticated, service_role;
grant execute on function public.get_org_id(uuid, text) to authenticated;

create function private.get_account_id()
returns uuid
language sql
stable
security definer
set search_path = ''
as $$
  select account.id
  from auth.users as account
  where account.id = (select auth.uid())
    and not account.is_anonymous
    and coalesce(account.banned_until <= now(), true)
$$;
comment on function private.get_account_id() is
  'The caller''s user id; null for an account that is gone, banned or anonymous, whose token is good all the same. Definer: reads the accounts.';
revoke all on function private.get_account_id() from public, anon, authenticated, service_role;
grant execute on function private.get_account_id() to authenticated;

create function private.create_organization(name text)
returns public.organizations
language plpgsql
volatile
security definer
set search_path = ''
as $$
declare
  trimmed_name text := regexp_replace(create_organization.name, '^\s+|\s+$', '', 'g');
  created public.organizations;
begin
  if coalesce(private.is_visible(trimmed_name), false) is false
    or char_length(trimmed_name) > 255
  then
    perform private.raise_error(
      'INVALID_REQUEST', 400, 'The name of an organisation has 1 to 255 characters',
      jsonb_build_array(jsonb_build_object('path', 'name', 'message', 'must have 1 to 255 characters'))
    );
  end if;
  if (select auth.uid()) is null then
    perform private.raise_error('USER_REQUIRED', 401, 'Sign in to create an organisation');
  end if;
  -- Whoever can have a new account with every request would have a new organisation, too.
  if private.get_account_id() is null then
    perform private.raise_error(
      'ACCOUNT_REQUIRED', 403, 'An organisation needs an account that is neither anonymous nor closed',
      null, 'Sign up first'
    );
  end if;
  -- Every organisation has quotas of its own. Two requests of one user take turns.
  perform pg_advisory_xact_lock(hashtextextended('organizations' || (select auth.uid()), 0));
  perform private.assert_quota(null, 'owned_organizations', (
    select count(*) + 1 from public.organization_members as member
    where member.user_id = (select auth.uid()) and member.role = 'owner'
  ));

  insert into public.organizations (name)
  values (trimmed_name)
  returning * into created;

  insert into public.organization_members (org_id, user_id, role)
  values (created.id, (select auth.uid()), 'owner');
  return created;
end
$$;
comment on function private.create_organization(text) is
  'Makes an organisation with the caller as its owner, in one transaction. Raises INVALID_REQUEST, USER_REQUIRED, ACCOUNT_REQUIRED, QUOTA_EXCEEDED. Locks the user''s making of organisations. Definer: users have no insert right on either table.';
revoke all on function private.create_organization(text) from public, anon, authenticated, service_role;
grant execute on function private.create_organization(text) to authenticated;

create function public.create_organization(name text)
returns public.organizations
language sql
volatile
security invoker
set search_path = ''
return private.create_organization(create_organization.name);
comment on function public.create_organization(text) is
  'Makes an organisation and returns it; the caller becomes its owner. Raises INVALID_REQUEST (400), ACCOUNT_REQUIRED (403), QUOTA_EXCEEDED (429).';
revoke all on function public.create_organization(text) from public, anon, authenticated, service_role;
grant execute on function public.create_organization(text) to authenticated;

alter table public.organizations enable row level security;
create policy organizations_select_member on public.organizations
  for select to authenticated
  using (id in (select private.get_member_org_ids('viewer')));
create policy organizations_update_admin on public.organizations
  for update to authenticated
  using (id in (select private.get_member_org_ids('admin')))
  with check (id in (select private.get_member_org_ids('admin')));
create policy organizations_delete_owner on public.organizations
  for delete to authenticated
  using (id in (select private.get_member_org_ids('owner')));
revoke all on table public.organizations from public, anon, authenticated, service_role;
grant select, delete, update (name) on table public.organizations to authenticated;
grant select, insert, update, delete on table public.organizations to service_role;

alter table public.organization_members enable row level security;
create policy organization_members_select_member on public.organization_members
  for select to authenticated
  using (org_id in (select private.get_member_org_ids('viewer')));
revoke all on table public.organization_members from public, anon, authenticated, service_role;
grant select on table public.organization_members to authenticated;
grant select, insert, update, delete on table public.organization_members to service_role;
