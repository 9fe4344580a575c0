-- How many jobs of a lane a claim may take, within its limits.
create function private.get_job_count_within_tokens(
  lane_name text,
  kinds text[],
  max_jobs integer,
  tokens double precision,
  max_tokens bigint
)
returns integer
language sql
stable
security invoker
set search_path = ''
as $$
  select count(*)::integer from (
    select due.est_tokens,
      sum(due.est_tokens) over (order by due.priority, due.turn, due.id) as tokens_so_far
    from (
      select job.id, job.est_tokens, job.priority, job.turn
      from private.jobs as job
      where job.lane = lane_name and job.is_ready
        and (kinds is null or job.kind = any (kinds))
      order by job.priority, job.turn, job.id
      limit max_jobs
    ) as due
  ) as granted
  -- One job that is larger than the whole bucket still goes, and leaves it in debt.
  where granted.tokens_so_far - granted.est_tokens < tokens
    -- What a worker asked for is not exceeded, except by a first job that no worker could take.
    and (
      granted.tokens_so_far <= coalesce(max_tokens, granted.tokens_so_far)
      or granted.tokens_so_far = granted.est_tokens
    )
$$;
comment on function private.get_job_count_within_tokens(text, text[], integer, double precision, bigint) is
  'How many of the next jobs of a lane a token budget, and what a worker asked for, have room for: at least one while both are above 0.';
revoke all on function private.get_job_count_within_tokens(text, text[], integer, double precision, bigint)
  from public, anon, authenticated, service_role;

create function private.claim_lane_places(
  lane_name text,
  kinds text[],
  max_jobs integer,
  max_tokens bigint,
  may_wait boolean
)
returns integer
language plpgsql
volatile
security invoker
set search_path = ''
as $$
declare
  limits private.lanes;
  now_at timestamptz;
  place_count bigint;
  tokens double precision;
begin
  if may_wait then
    select own.* into limits from private.lanes as own
    where own.lane = lane_name for no key update;
  else
    select own.* into limits from private.lanes as own
    where own.lane = lane_name for no key update skip locked;
  end if;
  now_at := clock_timestamp();
  if limits.lane is null or limits.paused_until > now_at then
    return 0;
  end if;
  select count(*) into place_count from private.jobs as job
  where job.lane = lane_name and job.lease_token is not null;
  place_count := least(max_jobs, private.get_lane_cap(limits, now_at) - place_count);
  if limits.requests_per_minute is not null then
    place_count := least(place_count, floor(private.get_lane_budget(
      limits.requests_per_minute, limits.request_budget, now_at - limits.refilled_at
    )));
  end if;
  if limits.tokens_per_minute is null and max_tokens is null or place_count < 1 then
    return place_count;
  end if;
  tokens := private.get_lane_budget(
    limits.tokens_per_minute, limits.token_budget, now_at - limits.refilled_at
  );
  return case when least(tokens, max_tokens) > 0
    then private.get_job_count_within_tokens(
      lane_name, kinds, place_count::integer, tokens, max_tokens
    )
    else 0
  end;
end
$$;
comment on function private.claim_lane_places(text, text[], integer, bigint, boolean) is
  'How many jobs of a lane may be claimed now, within its cap, its budgets, max_jobs and max_tokens; 0 or less for none, or when another claim has the lane and may_wait is false. Locks the lane''s row to the end of the transaction: that makes both exact across all workers.';
revoke all on function private.claim_lane_places(text, text[], integer, bigint, boolean)
  from public, anon, authenticated, service_role;
