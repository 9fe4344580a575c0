-- Quotas: how much an organisation may have and do, so that one cannot use up what all share.
create table private.quotas (
  name text not null,
  max_count bigint,
  constraint quotas_pkey primary key (name),
  constraint quotas_max_count_check check (max_count >= 0)
);
comment on table private.quotas is
  'What is limited, and for everybody who has no row in organization_quotas; null for no limit.';
alter table private.quotas enable row level security;
revoke all on table private.quotas from public, anon, authenticated, service_role;
insert into private.quotas (name, max_count) values
  ('rows', 200000),
  ('objects', 50000),
  ('bytes', 107374182400),
  ('open_jobs', 20000),
  ('searches_per_minute', 3000),
  ('tokens_per_day', 100000000),
  ('open_invitations', 200),
  ('owned_organizations', 50);

create table public.organization_quotas (
  org_id uuid not null,
  name text not null,
  max_count bigint,
  constraint organization_quotas_pkey primary key (org_id, name),
  constraint organization_quotas_org_id_fkey
    foreign key (org_id) references public.organizations (id) on delete cascade,
  constraint organization_quotas_name_fkey
    foreign key (name) references private.quotas (name) on delete cascade,
  constraint organization_quotas_max_count_check check (max_count >= 0)
);
comment on table public.organization_quotas is
  'Quotas of organisations that differ from those of all; null for no limit. Operators write it with the service role, members read it.';
create index organization_quotas_name_idx on public.organization_quotas (name);
alter table public.organization_quotas enable row level security;
create policy organization_quotas_select_viewer on public.organization_quotas
  for select to authenticated
  using (org_id in (select private.get_member_org_ids('viewer')));
revoke all on table public.organization_quotas from public, anon, authenticated, service_role;
grant select on table public.organization_quotas to authenticated;
grant select, insert, update, delete on table public.organization_quotas to service_role;

create function private.tg_organization_quotas__add_event()
returns trigger
language plpgsql
volatile
security definer
set search_path = ''
as $$
begin
  perform private.add_audit_event(
    own.id, 'quota.changed', own.id,
    jsonb_build_object('quota', coalesce(new.name, old.name), 'to', new.max_count)
      || case tg_op when 'DELETE' then '{"is_default": true}' else '{}' end::jsonb
  )
  from public.organizations as own where own.id = coalesce(new.org_id, old.org_id);
  return null;
end
$$;
comment on function private.tg_organization_quotas__add_event() is
  'Notes who changed a quota. Definer: nobody may write events.';
revoke all on function private.tg_organization_quotas__add_event()
  from public, anon, authenticated, service_role;
create trigger _800_add_event
  after insert or update or delete on public.organization_quotas
  for each row execute function private.tg_organization_quotas__add_event();

create function private.get_quota(org_id uuid, name text)
returns bigint
language plpgsql
stable
security invoker
set search_path = ''
as $$
begin
  return (
    select case when own.name is null then base.max_count else own.max_count end
    from private.quotas as base
    left join public.organization_quotas as own
      on own.org_id = get_quota.org_id and own.name = base.name
    where base.name = get_quota.name
  );
end
$$;
comment on function private.get_quota(uuid, text) is
  'How much the organisation may have; null for no limit.';
revoke all on function private.get_quota(uuid, text) from public, anon, authenticated, service_role;

create function private.assert_quota(
  org_id uuid,
  name text,
  used_count bigint,
  retry_after integer default null
)
returns void
language plpgsql
stable
security invoker
set search_path = ''
as $$
declare
  max_count bigint := private.get_quota(assert_quota.org_id, assert_quota.name);
begin
  if assert_quota.used_count > max_count then
    perform private.raise_error(
      'QUOTA_EXCEEDED', 429,
      format('The quota %s of the organisation is used up', assert_quota.name),
      jsonb_build_object(
        'quota', assert_quota.name, 'max_count', max_count,
        'retry_after_seconds', assert_quota.retry_after
      ),
      'Delete something, wait where there is a Retry-After, or ask for a higher quota',
      case when assert_quota.retry_after is null then '{}'
        else json_build_object('Retry-After', assert_quota.retry_after::text)
      end
    );
  end if;
end
$$;
comment on function private.assert_quota(uuid, text, bigint, integer) is
  'Passes while no more is used than the organisation may. Raises QUOTA_EXCEEDED, with Retry-After where waiting helps.';
revoke all on function private.assert_quota(uuid, text, bigint, integer)
  from public, anon, authenticated, service_role;

-- Unlogged: a count of one minute is not worth a flush to disk, and begins anew after a crash.
create unlogged table private.minute_counts (
  org_id uuid not null,
  name text not null,
  minute_at timestamptz not null,
  used_count bigint not null,
  constraint minute_counts_pkey primary key (org_id, name),
  constraint minute_counts_org_id_fkey
    foreign key (org_id) references public.organizations (id) on delete cascade
)
with (fillfactor = 25);
comment on table private.minute_counts is
  'How often an organisation did something in the minute that minute_at begins.';
alter table private.minute_counts enable row level security;
revoke all on table private.minute_counts from public, anon, authenticated, service_role;

create function private.get_seconds_left()
returns integer
language plpgsql
volatile
security invoker
set search_path = ''
as $$
begin
  return greatest(1, ceil(60 - extract(second from clock_timestamp()))::integer);
end
$$;
comment on function private.get_seconds_left() is 'Seconds until the next minute begins, 1 to 60.';
revoke all on function private.get_seconds_left() from public, anon, authenticated, service_role;

create function private.assert_minute_count(org_id uuid, name text, quota text)
returns void
language plpgsql
volatile
security invoker
set search_path = ''
as $$
begin
  perform private.assert_quota(
    own.org_id, assert_minute_count.quota, own.used_count + 1, private.get_seconds_left()
  )
  from private.minute_counts as own
  where own.org_id = assert_minute_count.org_id and own.name = assert_minute_count.name
    and own.minute_at = date_trunc('minute', clock_timestamp());
end
$$;
comment on function private.assert_minute_count(uuid, text, text) is
  'Passes while one more fits into the minute. Counts and locks nothing. Raises QUOTA_EXCEEDED.';
revoke all on function private.assert_minute_count(uuid, text, text)
  from public, anon, authenticated, service_role;

create function private.add_minute_count(org_id uuid, name text, quota text)
returns void
language plpgsql
volatile
security invoker
set search_path = ''
as $$
declare
  used_count bigint;
begin
  -- A database that takes no writes, because its disk is full, still answers. A request that
  -- makes its own transaction read-only does not get round the quota: it fails here.
  if current_setting('default_transaction_read_only')::boolean then
    return;
  end if;
  insert into private.minute_counts as own (org_id, name, minute_at, used_count)
  values (
    add_minute_count.org_id, add_minute_count.name, date_trunc('minute', clock_timestamp()), 1
  )
  on conflict on constraint minute_counts_pkey do update
    -- Whoever waited for the row may be a minute behind it.
    set used_count = case
          when own.minute_at >= excluded.minute_at then own.used_count + 1 else 1
        end,
        minute_at = greatest(own.minute_at, excluded.minute_at)
  returning own.used_count into used_count;
  perform private.assert_quota(
    add_minute_count.org_id, add_minute_count.quota, used_count, private.get_seconds_left()
  );
end
$$;
comment on function private.add_minute_count(uuid, text, text) is
  'Counts one more in this minute; exact, since it is one row. What is refused is not counted. Locks the row: call it last. Raises QUOTA_EXCEEDED.';
revoke all on function private.add_minute_count(uuid, text, text)
  from public, anon, authenticated, service_role;

create function private.add_search(org_id uuid)
returns void
language plpgsql
volatile
security definer
set search_path = ''
as $$
begin
  perform private.assert_org_role(add_search.org_id, 'viewer');
  perform private.add_minute_count(add_search.org_id, 'searches', 'searches_per_minute');
end
$$;
comment on function private.add_search(uuid) is
  'Counts a search that is about to be answered. Raises ORG_NOT_FOUND, QUOTA_EXCEEDED. Definer: the counts are private.';
revoke all on function private.add_search(uuid) from public, anon, authenticated, service_role;
grant execute on function private.add_search(uuid) to authenticated;

create function private.claim_question(org_id uuid)
returns uuid
language plpgsql
volatile
security definer
set search_path = ''
as $$
declare
  meant_org_id uuid := private.get_org_id(claim_question.org_id, 'viewer');
begin
  perform private.assert_token_quota(meant_org_id);
  perform private.add_minute_count(meant_org_id, 'questions', 'searches_per_minute');
  return meant_org_id;
end
$$;
comment on function private.claim_question(uuid) is
  'The organisation that a request means, which from now on has one question less to embed in this minute. Raises ORG_REQUIRED, ORG_NOT_FOUND, QUOTA_EXCEEDED. Definer: the counts are private.';
revoke all on function private.claim_question(uuid) from public, anon, authenticated, service_role;
grant execute on function private.claim_question(uuid) to authenticated;

create function public.claim_question(p_org_id uuid default null)
returns uuid
language sql
volatile
security invoker
set search_path = ''
return private.claim_question(p_org_id);
comment on function public.claim_question(uuid) is
  'As get_org_id, for a question that is about to be sent to the embedding provider: counted here, because a thousand at once cost money before any of them is searched. Raises ORG_REQUIRED (400), ORG_NOT_FOUND (404), QUOTA_EXCEEDED (429).';
revoke all on function public.claim_question(uuid) from public, anon, authenticated, service_role;
grant execute on function public.claim_question(uuid) to authenticated;
