-- What invites, accepts and revokes.
create function private.assert_invitation(email text, role text)
returns void
language plpgsql
immutable
security invoker
set search_path = ''
as $$
begin
  perform private.assert_role_name(assert_invitation.role);
  if coalesce(
    assert_invitation.email !~ '^[^\s@]+@[^\s@]+$' or char_length(assert_invitation.email) > 254,
    true
  ) then
    perform private.raise_error(
      'INVALID_REQUEST', 400, 'This is no e-mail address',
      jsonb_build_array(jsonb_build_object('path', 'email', 'message', 'must be an e-mail address'))
    );
  end if;
end
$$;
comment on function private.assert_invitation(text, text) is
  'Passes for an address and a role that exists. Raises INVALID_REQUEST.';
revoke all on function private.assert_invitation(text, text)
  from public, anon, authenticated, service_role;

create function private.invite_member(org_id uuid, email text, role text)
returns table (invitation_id uuid, token text, expires_at timestamptz)
language plpgsql
volatile
security definer
set search_path = ''
as $$
declare
  address text := lower(btrim(invite_member.email));
begin
  perform private.assert_invitation(address, invite_member.role);
  perform private.assert_org_role_locked(invite_member.org_id, 'admin');
  -- Nobody gives more than they have.
  perform private.assert_org_role(invite_member.org_id, invite_member.role);
  if exists (
    select from public.organization_members as member
    join auth.users as account on account.id = member.user_id
    where member.org_id = invite_member.org_id and lower(account.email) = address
  ) then
    perform private.raise_error('ALREADY_MEMBER', 409, 'Somebody with this address is a member');
  end if;

  update public.organization_invitations as own
  set status = 'revoked', ended_at = now()
  where own.org_id = invite_member.org_id and own.email = address and own.status = 'open';
  perform private.assert_quota(invite_member.org_id, 'open_invitations', (
    select count(*) + 1 from public.organization_invitations as own
    where own.org_id = invite_member.org_id and own.status = 'open' and own.expires_at > now()
  ));
  insert into public.organization_invitations as own (org_id, email, role, invited_by)
  values (invite_member.org_id, address, invite_member.role, (select auth.uid()))
  returning own.id, own.expires_at into invitation_id, expires_at;
  -- 244 bits of the server's strong randomness.
  token := replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', '');
  insert into private.invitation_tokens (token_hash, invitation_id)
  values (sha256(convert_to(token, 'UTF8')), invite_member.invitation_id);
  return next;
end
$$;
comment on function private.invite_member(uuid, text, text) is
  'Invites an address for seven days, in place of an open invitation of it, and returns the token, which is nowhere else. Raises INVALID_REQUEST, ORG_NOT_FOUND, ROLE_TOO_LOW for a role above the caller''s, ALREADY_MEMBER, QUOTA_EXCEEDED. Locks the organisation. Definer: users have no write right on invitations; it asks for the admin role first.';
revoke all on function private.invite_member(uuid, text, text)
  from public, anon, authenticated, service_role;
grant execute on function private.invite_member(uuid, text, text) to authenticated;

create function private.get_verified_email()
returns text
language sql
stable
security definer
set search_path = ''
as $$
  select lower(account.email)
  from auth.users as account
  where account.id = (select auth.uid())
    and account.email_confirmed_at is not null
    and not account.is_anonymous
    and coalesce(account.banned_until <= now(), true)
$$;
comment on function private.get_verified_email() is
  'The caller''s address in lower case, from the account and not from the token; null unless it is verified. Definer: reads the accounts.';
revoke all on function private.get_verified_email() from public, anon, authenticated, service_role;

create function private.get_open_invitation(token text)
returns public.organization_invitations
language sql
stable
security invoker
set search_path = ''
as $$
  select own.*
  from private.invitation_tokens as known
  join public.organization_invitations as own on own.id = known.invitation_id
  where known.token_hash = sha256(convert_to(get_open_invitation.token, 'UTF8'))
    and own.status = 'open' and own.expires_at > now()
    and own.email = private.get_verified_email()
$$;
comment on function private.get_open_invitation(text) is
  'The invitation that the caller may accept with a token; null for every reason alike.';
revoke all on function private.get_open_invitation(text)
  from public, anon, authenticated, service_role;

create function private.accept_invitation(token text)
returns public.organization_members
language plpgsql
volatile
security definer
set search_path = ''
as $$
declare
  caller_id uuid := (select auth.uid());
  invitation public.organization_invitations;
  member public.organization_members;
begin
  if caller_id is null then
    perform private.raise_error('USER_REQUIRED', 401, 'Sign in to accept an invitation');
  end if;
  invitation := private.get_open_invitation(accept_invitation.token);
  perform from public.organizations as own where own.id = invitation.org_id for no key update;
  -- Whoever held the lock may have accepted or revoked it.
  invitation := private.get_open_invitation(accept_invitation.token);
  if invitation.id is null then
    perform private.raise_error(
      'INVITATION_NOT_FOUND', 404, 'There is no such invitation for you', null,
      'Sign in with the verified address that was invited, or ask for a new invitation'
    );
  end if;

  update public.organization_invitations as own
  set status = 'accepted', ended_at = now(), accepted_by = caller_id
  where own.id = invitation.id;
  insert into public.organization_members as own (org_id, user_id, role)
  values (invitation.org_id, caller_id, invitation.role)
  -- Who has become a member meanwhile keeps the higher role.
  on conflict on constraint organization_members_pkey do update
    set role = excluded.role
    where private.get_role_rank(own.role) < private.get_role_rank(excluded.role);
  select own.* into member from public.organization_members as own
  where own.org_id = invitation.org_id and own.user_id = caller_id;
  return member;
end
$$;
comment on function private.accept_invitation(text) is
  'Makes the caller a member, once. A token that is wrong, expired, revoked, used or for another address is answered the same. Raises USER_REQUIRED, INVITATION_NOT_FOUND. Locks the organisation. Definer: users have no write right on memberships; it acts for the caller alone.';
revoke all on function private.accept_invitation(text)
  from public, anon, authenticated, service_role;
grant execute on function private.accept_invitation(text) to authenticated;

create function private.revoke_invitation(id uuid)
returns void
language plpgsql
volatile
security definer
set search_path = ''
as $$
declare
  invitation_org_id uuid := (
    select own.org_id from public.organization_invitations as own
    where own.id = revoke_invitation.id
      -- Another organisation's is as good as none.
      and own.org_id in (select private.get_member_org_ids('viewer'))
  );
begin
  if invitation_org_id is not null then
    perform private.assert_org_role_locked(invitation_org_id, 'admin');
  end if;
  update public.organization_invitations as own
  set status = 'revoked', ended_at = now()
  where own.id = revoke_invitation.id and own.org_id = invitation_org_id and own.status = 'open';
  if not found then
    perform private.raise_error('INVITATION_NOT_FOUND', 404, 'There is no such open invitation');
  end if;
end
$$;
comment on function private.revoke_invitation(uuid) is
  'Ends an open invitation. Raises ROLE_TOO_LOW, INVITATION_NOT_FOUND. Locks the organisation. Definer: as invite_member.';
revoke all on function private.revoke_invitation(uuid)
  from public, anon, authenticated, service_role;
grant execute on function private.revoke_invitation(uuid) to authenticated;

create function private.delete_old_invitations()
returns void
language sql
volatile
security definer
set search_path = ''
as $$
  delete from public.organization_invitations
  where coalesce(ended_at, expires_at) < now() - interval '90 days'
$$;
comment on function private.delete_old_invitations() is
  'From cron every night: forgets addresses whose invitation ended or expired 90 days ago. Definer: nobody else may delete them.';
revoke all on function private.delete_old_invitations()
  from public, anon, authenticated, service_role;

create function public.invite_member(org_id uuid, email text, role text)
returns table (invitation_id uuid, token text, expires_at timestamptz)
language sql
volatile
security invoker
set search_path = ''
as $$
  select * from private.invite_member(invite_member.org_id, invite_member.email, invite_member.role)
$$;
comment on function public.invite_member(uuid, text, text) is
  'Invites an address into the organisation and returns the token for the letter, once. Raises INVALID_REQUEST (400), ROLE_TOO_LOW (403), ORG_NOT_FOUND (404), ALREADY_MEMBER (409), QUOTA_EXCEEDED (429).';
revoke all on function public.invite_member(uuid, text, text)
  from public, anon, authenticated, service_role;
grant execute on function public.invite_member(uuid, text, text) to authenticated;

create function public.accept_invitation(token text)
returns public.organization_members
language sql
volatile
security invoker
set search_path = ''
return private.accept_invitation(accept_invitation.token);
comment on function public.accept_invitation(text) is
  'Makes the caller a member of the organisation that invited their verified address. Raises USER_REQUIRED (401), INVITATION_NOT_FOUND (404).';
revoke all on function public.accept_invitation(text)
  from public, anon, authenticated, service_role;
grant execute on function public.accept_invitation(text) to authenticated;

create function public.revoke_invitation(id uuid)
returns void
language sql
volatile
security invoker
set search_path = ''
return private.revoke_invitation(revoke_invitation.id);
comment on function public.revoke_invitation(uuid) is
  'Ends an open invitation of the caller''s organisation. Raises ROLE_TOO_LOW (403), INVITATION_NOT_FOUND (404).';
revoke all on function public.revoke_invitation(uuid)
  from public, anon, authenticated, service_role;
grant execute on function public.revoke_invitation(uuid) to authenticated;

select cron.schedule(
  'maestro-delete-old-invitations', '23 3 * * *', 'select private.delete_old_invitations()'
);
