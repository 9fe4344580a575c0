-- How memberships change: roles, removal, leaving, transfer. An organisation always keeps an owner.
create function private.tg_organization_members__assert_owner()
returns trigger
language plpgsql
volatile
security definer
set search_path = ''
as $$
begin
  -- An update and not a lock: two transactions that take away one owner each come after each
  -- other, and under repeatable read the second one fails instead of seeing an old state.
  update public.organizations as own set updated_at = now() where own.id = old.org_id;
  if found and not exists (
    select from public.organization_members as member
    where member.org_id = old.org_id and member.role = 'owner'
  ) then
    perform private.raise_error(
      'OWNER_REQUIRED', 409, 'An organisation keeps at least one owner', null,
      'Transfer the ownership first, or delete the organisation'
    );
  end if;
  return null;
end
$$;
comment on function private.tg_organization_members__assert_owner() is
  'Refuses what would leave an organisation without an owner, whoever writes, the deletion of an account included. Raises OWNER_REQUIRED. Locks the organisation. Definer: reads all members.';
revoke all on function private.tg_organization_members__assert_owner()
  from public, anon, authenticated, service_role;
-- Deferred: an organisation may be deleted in one transaction with its owner's account, and
-- owners may be exchanged in any order.
create constraint trigger _900_assert_owner
  after update or delete on public.organization_members
  deferrable initially deferred
  for each row when (old.role = 'owner')
  execute function private.tg_organization_members__assert_owner();

create function private.assert_role_name(role text)
returns void
language plpgsql
immutable
security invoker
set search_path = ''
as $$
begin
  if private.get_role_rank(assert_role_name.role) is null then
    perform private.raise_error(
      'INVALID_REQUEST', 400, 'There is no such role',
      jsonb_build_array(jsonb_build_object(
        'path', 'role', 'message', 'must be viewer, editor, admin or owner'
      ))
    );
  end if;
end
$$;
comment on function private.assert_role_name(text) is
  'Passes for a role that exists. Raises INVALID_REQUEST.';
revoke all on function private.assert_role_name(text) from public, anon, authenticated, service_role;

create function private.assert_org_role_locked(org_id uuid, min_role text)
returns void
language plpgsql
volatile
security invoker
set search_path = ''
as $$
begin
  -- A stranger waits for nobody, and lets nobody wait.
  perform private.assert_org_role(assert_org_role_locked.org_id, assert_org_role_locked.min_role);
  perform from public.organizations as own
  where own.id = assert_org_role_locked.org_id for no key update;
  -- Whoever held the lock may have taken the role away.
  perform private.assert_org_role(assert_org_role_locked.org_id, assert_org_role_locked.min_role);
end
$$;
comment on function private.assert_org_role_locked(uuid, text) is
  'As assert_org_role, with the memberships locked from here on: locks the organisation, which all that changes them does first.';
revoke all on function private.assert_org_role_locked(uuid, text)
  from public, anon, authenticated, service_role;

create function private.get_member_for_change(org_id uuid, user_id uuid)
returns public.organization_members
language plpgsql
volatile
security invoker
set search_path = ''
as $$
declare
  member public.organization_members;
begin
  select own.* into member from public.organization_members as own
  where own.org_id = get_member_for_change.org_id and own.user_id = get_member_for_change.user_id
  for update;
  if member.user_id is null then
    perform private.raise_error(
      'MEMBER_NOT_FOUND', 404, 'The organisation has no such member'
    );
  end if;
  return member;
end
$$;
comment on function private.get_member_for_change(uuid, uuid) is
  'The membership, locked. Raises MEMBER_NOT_FOUND. The caller has locked the organisation.';
revoke all on function private.get_member_for_change(uuid, uuid)
  from public, anon, authenticated, service_role;

create function private.assert_other_owner(member public.organization_members)
returns void
language plpgsql
stable
security invoker
set search_path = ''
as $$
begin
  if member.role = 'owner' and not exists (
    select from public.organization_members as other
    where other.org_id = member.org_id and other.role = 'owner' and other.user_id <> member.user_id
  ) then
    perform private.raise_error(
      'OWNER_REQUIRED', 409, 'An organisation keeps at least one owner', null,
      'Transfer the ownership first, or delete the organisation'
    );
  end if;
end
$$;
comment on function private.assert_other_owner(public.organization_members) is
  'Passes unless the member is the only owner. Raises OWNER_REQUIRED. The caller has locked the organisation.';
revoke all on function private.assert_other_owner(public.organization_members)
  from public, anon, authenticated, service_role;

create function private.set_member_role(org_id uuid, user_id uuid, role text)
returns public.organization_members
language plpgsql
volatile
security definer
set search_path = ''
as $$
declare
  member public.organization_members;
begin
  perform private.assert_role_name(set_member_role.role);
  perform private.assert_org_role_locked(set_member_role.org_id, 'admin');
  -- Nobody gives more than they have.
  perform private.assert_org_role(set_member_role.org_id, set_member_role.role);
  member := private.get_member_for_change(set_member_role.org_id, set_member_role.user_id);
  perform private.assert_org_role(set_member_role.org_id, member.role);
  if set_member_role.role <> 'owner' then
    perform private.assert_other_owner(member);
  end if;

  update public.organization_members as own
  set role = set_member_role.role
  where own.org_id = member.org_id and own.user_id = member.user_id
    and own.role <> set_member_role.role;
  member.role := set_member_role.role;
  return member;
end
$$;
comment on function private.set_member_role(uuid, uuid, text) is
  'Gives a member another role. An admin gives and takes all roles but owner; an owner gives and takes that one, too. Raises INVALID_REQUEST, ORG_NOT_FOUND, ROLE_TOO_LOW, MEMBER_NOT_FOUND, OWNER_REQUIRED. Locks organisation, member. Definer: users have no write right on memberships; it asks for the admin role first.';
revoke all on function private.set_member_role(uuid, uuid, text)
  from public, anon, authenticated, service_role;
grant execute on function private.set_member_role(uuid, uuid, text) to authenticated;

create function private.remove_member(org_id uuid, user_id uuid)
returns void
language plpgsql
volatile
security definer
set search_path = ''
as $$
declare
  member public.organization_members;
begin
  perform private.assert_org_role_locked(remove_member.org_id, 'admin');
  member := private.get_member_for_change(remove_member.org_id, remove_member.user_id);
  perform private.assert_org_role(remove_member.org_id, member.role);
  perform private.assert_other_owner(member);
  delete from public.organization_members as own
  where own.org_id = member.org_id and own.user_id = member.user_id;
end
$$;
comment on function private.remove_member(uuid, uuid) is
  'Takes a member out of the organisation; an owner only if the caller is one. Raises ORG_NOT_FOUND, ROLE_TOO_LOW, MEMBER_NOT_FOUND, OWNER_REQUIRED. Locks organisation, member. Definer: as set_member_role.';
revoke all on function private.remove_member(uuid, uuid)
  from public, anon, authenticated, service_role;
grant execute on function private.remove_member(uuid, uuid) to authenticated;

create function private.leave_organization(org_id uuid)
returns void
language plpgsql
volatile
security definer
set search_path = ''
as $$
declare
  member public.organization_members;
begin
  perform private.assert_org_role_locked(leave_organization.org_id, 'viewer');
  member := private.get_member_for_change(leave_organization.org_id, (select auth.uid()));
  perform private.assert_other_owner(member);
  delete from public.organization_members as own
  where own.org_id = member.org_id and own.user_id = member.user_id;
end
$$;
comment on function private.leave_organization(uuid) is
  'Takes the caller out of the organisation. Raises ORG_NOT_FOUND, OWNER_REQUIRED. Locks organisation, member. Definer: as set_member_role; it touches the caller''s own membership alone.';
revoke all on function private.leave_organization(uuid)
  from public, anon, authenticated, service_role;
grant execute on function private.leave_organization(uuid) to authenticated;

create function private.transfer_ownership(org_id uuid, user_id uuid)
returns public.organization_members
language plpgsql
volatile
security definer
set search_path = ''
as $$
declare
  caller_id uuid := (select auth.uid());
  member public.organization_members;
begin
  perform private.assert_org_role_locked(transfer_ownership.org_id, 'owner');
  if transfer_ownership.user_id = caller_id then
    perform private.raise_error(
      'INVALID_REQUEST', 400, 'The ownership is yours',
      jsonb_build_array(jsonb_build_object('path', 'user_id', 'message', 'must be another member'))
    );
  end if;
  member := private.get_member_for_change(transfer_ownership.org_id, transfer_ownership.user_id);
  update public.organization_members as own
  set role = case own.user_id when caller_id then 'admin' else 'owner' end
  where own.org_id = member.org_id and own.user_id in (caller_id, member.user_id);
  member.role := 'owner';
  return member;
end
$$;
comment on function private.transfer_ownership(uuid, uuid) is
  'Makes another member the owner and the caller an admin, in one transaction. Raises INVALID_REQUEST, ORG_NOT_FOUND, ROLE_TOO_LOW, MEMBER_NOT_FOUND. Locks organisation, members. Definer: as set_member_role; it asks for the owner role.';
revoke all on function private.transfer_ownership(uuid, uuid)
  from public, anon, authenticated, service_role;
grant execute on function private.transfer_ownership(uuid, uuid) to authenticated;

create function public.set_member_role(org_id uuid, user_id uuid, role text)
returns public.organization_members
language sql
volatile
security invoker
set search_path = ''
return private.set_member_role(set_member_role.org_id, set_member_role.user_id, set_member_role.role);
comment on function public.set_member_role(uuid, uuid, text) is
  'Gives a member another role; for admins, and for owners where the role owner is given or taken. Raises INVALID_REQUEST (400), ROLE_TOO_LOW (403), ORG_NOT_FOUND, MEMBER_NOT_FOUND (404), OWNER_REQUIRED (409).';
revoke all on function public.set_member_role(uuid, uuid, text)
  from public, anon, authenticated, service_role;
grant execute on function public.set_member_role(uuid, uuid, text) to authenticated;

create function public.remove_member(org_id uuid, user_id uuid)
returns void
language sql
volatile
security invoker
set search_path = ''
return private.remove_member(remove_member.org_id, remove_member.user_id);
comment on function public.remove_member(uuid, uuid) is
  'Takes a member out of the organisation; for admins, and for owners where it is an owner. Raises ROLE_TOO_LOW (403), ORG_NOT_FOUND, MEMBER_NOT_FOUND (404), OWNER_REQUIRED (409).';
revoke all on function public.remove_member(uuid, uuid)
  from public, anon, authenticated, service_role;
grant execute on function public.remove_member(uuid, uuid) to authenticated;

create function public.leave_organization(org_id uuid)
returns void
language sql
volatile
security invoker
set search_path = ''
return private.leave_organization(leave_organization.org_id);
comment on function public.leave_organization(uuid) is
  'Takes the caller out of the organisation. Raises ORG_NOT_FOUND (404), OWNER_REQUIRED (409).';
revoke all on function public.leave_organization(uuid)
  from public, anon, authenticated, service_role;
grant execute on function public.leave_organization(uuid) to authenticated;

create function public.transfer_ownership(org_id uuid, user_id uuid)
returns public.organization_members
language sql
volatile
security invoker
set search_path = ''
return private.transfer_ownership(transfer_ownership.org_id, transfer_ownership.user_id);
comment on function public.transfer_ownership(uuid, uuid) is
  'Makes another member the owner, and the caller an admin. Raises INVALID_REQUEST (400), ROLE_TOO_LOW (403), ORG_NOT_FOUND, MEMBER_NOT_FOUND (404).';
revoke all on function public.transfer_ownership(uuid, uuid)
  from public, anon, authenticated, service_role;
grant execute on function public.transfer_ownership(uuid, uuid) to authenticated;
