-- Invitations: by address, for whoever shows the token and has that very address verified.
create table public.organization_invitations (
  id uuid not null default gen_random_uuid(),
  org_id uuid not null,
  email text not null,
  role text not null,
  status text not null default 'open',
  invited_by uuid,
  accepted_by uuid,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null default now() + interval '7 days',
  ended_at timestamptz,
  constraint organization_invitations_pkey primary key (id),
  constraint organization_invitations_org_id_fkey
    foreign key (org_id) references public.organizations (id) on delete cascade,
  constraint organization_invitations_invited_by_fkey
    foreign key (invited_by) references auth.users (id) on delete set null,
  constraint organization_invitations_accepted_by_fkey
    foreign key (accepted_by) references auth.users (id) on delete set null,
  constraint organization_invitations_email_check check (
    email = lower(email) and email ~ '^[^\s@]+@[^\s@]+$' and char_length(email) <= 254
  ),
  constraint organization_invitations_role_check
    check (role in ('viewer', 'editor', 'admin', 'owner')),
  constraint organization_invitations_status_check
    check (status in ('open', 'accepted', 'revoked')),
  constraint organization_invitations_ended_at_check
    check ((status = 'open') = (ended_at is null))
);
comment on table public.organization_invitations is
  'Who was invited into an organisation, and what became of it. Written by functions only; admins read it. What has ended goes after 90 days.';
comment on column public.organization_invitations.email is 'In lower case.';
comment on column public.organization_invitations.status is
  'revoked, too, when another invitation of the address took its place, or the inviter lost the right to it. An open one is good until expires_at.';
create unique index organization_invitations_open_idx
  on public.organization_invitations (org_id, email) where status = 'open';
create index organization_invitations_org_id_created_at_idx
  on public.organization_invitations (org_id, created_at desc);
create index organization_invitations_invited_by_idx
  on public.organization_invitations (invited_by);
create index organization_invitations_accepted_by_idx
  on public.organization_invitations (accepted_by);

create table private.invitation_tokens (
  token_hash bytea not null,
  invitation_id uuid not null,
  constraint invitation_tokens_pkey primary key (token_hash),
  constraint invitation_tokens_invitation_id_key unique (invitation_id),
  constraint invitation_tokens_invitation_id_fkey
    foreign key (invitation_id) references public.organization_invitations (id) on delete cascade
);
comment on table private.invitation_tokens is
  'SHA-256 of the token of each invitation; the token itself is in the letter alone.';
alter table private.invitation_tokens enable row level security;
revoke all on table private.invitation_tokens from public, anon, authenticated, service_role;

alter table public.organization_invitations enable row level security;
create policy organization_invitations_select_admin on public.organization_invitations
  for select to authenticated
  using (org_id in (select private.get_member_org_ids('admin')));
revoke all on table public.organization_invitations from public, anon, authenticated, service_role;
grant select on table public.organization_invitations to authenticated, service_role;

create function private.tg_organization_members__revoke_invitations()
returns trigger
language plpgsql
volatile
security definer
set search_path = ''
as $$
begin
  update public.organization_invitations as own
  set status = 'revoked', ended_at = now()
  where own.org_id = old.org_id and own.invited_by = old.user_id and own.status = 'open'
    and (
      tg_op = 'DELETE'
      or private.get_role_rank(new.role)
        < private.get_role_rank(case own.role when 'owner' then 'owner' else 'admin' end)
    );
  return null;
end
$$;
comment on function private.tg_organization_members__revoke_invitations() is
  'Whoever may no longer invite has invited nobody: an admin who is put out does not come back by an address of their own. Definer: reads and writes all invitations.';
revoke all on function private.tg_organization_members__revoke_invitations()
  from public, anon, authenticated, service_role;
create trigger _200_revoke_invitations
  after update of role or delete on public.organization_members
  for each row execute function private.tg_organization_members__revoke_invitations();

create function private.tg_organization_invitations__revoke()
returns trigger
language plpgsql
volatile
security invoker
set search_path = ''
as $$
begin
  new.status := 'revoked';
  new.ended_at := now();
  return new;
end
$$;
comment on function private.tg_organization_invitations__revoke() is
  'Ends what an account has invited to when the account goes, which may be before its membership does.';
revoke all on function private.tg_organization_invitations__revoke()
  from public, anon, authenticated, service_role;
create trigger _100_revoke
  before update of invited_by on public.organization_invitations
  for each row when (new.invited_by is null and new.status = 'open')
  execute function private.tg_organization_invitations__revoke();
