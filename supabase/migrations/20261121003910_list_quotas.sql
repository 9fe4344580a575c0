-- What an organisation has used of its quotas, for its members.
create function private.list_quotas(org_id uuid)
returns table (name text, used_count bigint, max_count bigint)
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  meant_org_id uuid := private.get_org_id(list_quotas.org_id, 'viewer');
  own_objects bigint;
  own_bytes bigint;
begin
  select stored.object_count, stored.byte_count::bigint into own_objects, own_bytes
  from private.get_object_usage(meant_org_id, null) as stored;
  return query
  select used.name, used.used_count, private.get_quota(meant_org_id, used.name)
  from (
    select 'rows' as name, (
      select own.row_count from private.row_counts as own where own.org_id = meant_org_id
    ) as used_count
    union all select 'objects', own_objects
    union all select 'bytes', own_bytes
    union all select 'open_jobs', (
      select count(*) from private.jobs as job where job.org_id = meant_org_id
    )
    union all select 'searches_per_minute', (
      select max(own.used_count) from private.minute_counts as own
      where own.org_id = meant_org_id and own.minute_at = date_trunc('minute', now())
    )
    union all select 'tokens_per_day', private.get_tokens_today(meant_org_id)
    union all select 'open_invitations', (
      select count(*) from public.organization_invitations as own
      where own.org_id = meant_org_id and own.status = 'open' and own.expires_at > now()
    )
  ) as used (name, used_count);
end
$$;
comment on function private.list_quotas(uuid) is
  'What the organisation has used and may use. Raises ORG_REQUIRED, ORG_NOT_FOUND. Definer: the counts are private; membership is asked for first.';
revoke all on function private.list_quotas(uuid) from public, anon, authenticated, service_role;
grant execute on function private.list_quotas(uuid) to authenticated;

create function public.list_quotas(p_org_id uuid default null)
returns table (name text, used_count bigint, max_count bigint)
language sql
stable
security invoker
set search_path = ''
as $$
  select own.name, coalesce(own.used_count, 0), own.max_count
  from private.list_quotas(p_org_id) as own
$$;
comment on function public.list_quotas(uuid) is
  'What the organisation has used of each quota, and how much it may; max_count is null for no limit. Raises ORG_REQUIRED (400), ORG_NOT_FOUND (404).';
revoke all on function public.list_quotas(uuid) from public, anon, authenticated, service_role;
grant execute on function public.list_quotas(uuid) to authenticated;
