-- Tokens a day: what was consumed stops what is asked for next.
create function private.get_tokens_today(org_id uuid)
returns bigint
language sql
stable
security invoker
set search_path = ''
as $$
  select coalesce(sum(event.input_tokens + event.output_tokens), 0)::bigint
  from public.usage_events as event
  where event.org_id = get_tokens_today.org_id
    and event.created_at >= date_trunc('day', now(), 'UTC')
$$;
comment on function private.get_tokens_today(uuid) is
  'What the organisation has consumed at providers since midnight, UTC.';
revoke all on function private.get_tokens_today(uuid) from public, anon, authenticated, service_role;

create function private.assert_token_quota(org_id uuid)
returns void
language plpgsql
stable
security invoker
set search_path = ''
as $$
begin
  perform private.assert_quota(
    assert_token_quota.org_id, 'tokens_per_day',
    -- Used up is the last token, not the one after.
    private.get_tokens_today(assert_token_quota.org_id) + 1,
    ceil(extract(epoch from date_trunc('day', now(), 'UTC') + interval '1 day' - now()))::integer
  );
end
$$;
comment on function private.assert_token_quota(uuid) is
  'Passes until the organisation has consumed its tokens of the day (UTC). What is under way then is finished: it is booked at its end. Raises QUOTA_EXCEEDED.';
revoke all on function private.assert_token_quota(uuid)
  from public, anon, authenticated, service_role;
