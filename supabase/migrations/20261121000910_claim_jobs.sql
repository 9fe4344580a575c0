-- How a worker gets work: leases on ready jobs, within the limits of their lanes.
create function private.complete_lost_jobs(lane_name text)
returns void
language plpgsql
volatile
security invoker
set search_path = ''
set lock_timeout = '100ms'
as $$
declare
  lost private.jobs;
  now_at constant timestamptz := clock_timestamp();
begin
  for lost in
    select job.* from private.jobs as job
    where job.lane = lane_name and job.lease_token is not null and job.visible_at <= now_at
    order by job.id
    for update skip locked
  loop
    if lost.attempt >= lost.max_attempts then
      perform private.complete_job(lost, 'dead', jsonb_build_object(
        'code', 'WORKER_LOST', 'message', 'Every worker that took this job stopped before finishing it'
      ));
    else
      begin
        perform private.retry_job(lost, now_at, lost.attempt);
      exception
        -- Whoever is enqueueing a newer one with its key has not committed: the next claim sees.
        when lock_not_available then null;
      end;
    end if;
  end loop;
end
$$;
comment on function private.complete_lost_jobs(text) is
  'Takes the jobs of a lane from workers whose lease has expired: ready again, dead without attempts left, superseded when a newer job with their key waits.';
revoke all on function private.complete_lost_jobs(text)
  from public, anon, authenticated, service_role;

create function private.release_due_jobs(lane_name text)
returns void
language plpgsql
volatile
security invoker
set search_path = ''
as $$
declare
  now_at constant timestamptz := clock_timestamp();
begin
  update private.jobs as job
  set is_ready = true
  where job.id in (
    select due.id from private.jobs as due
    where due.lane = lane_name and not due.is_ready and due.lease_token is null
      and due.visible_at <= now_at
    order by due.visible_at
    limit 1000
    for update skip locked
  );
end
$$;
comment on function private.release_due_jobs(text) is
  'Makes the delayed jobs of a lane ready whose time has come, the longest due first.';
revoke all on function private.release_due_jobs(text)
  from public, anon, authenticated, service_role;

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

create function private.claim_jobs(
  worker_id text,
  kinds text[] default null,
  max_jobs integer default 10,
  lease_seconds integer default 45,
  lanes text[] default null,
  max_tokens bigint default null
)
returns table (
  job_id text, lease_token uuid, org_id uuid, lane text, kind text, attempt integer, payload jsonb
)
language plpgsql
volatile
security definer
set search_path = ''
-- The hot path: no plan is made anew, and none is right that reads a whole table, however few rows
-- it had when the plan was made. The lanes are, which counts as so dear that each claim would be
-- compiled, for a hundred times as long as it takes.
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set jit = off
as $$
#variable_conflict use_column
declare
  own private.workers;
  work record;
  max_count constant integer := least(greatest(claim_jobs.max_jobs, 0), 100);
  wanted integer := max_count;
  seconds constant integer := least(greatest(claim_jobs.lease_seconds, 1), 3600);
  -- In a variable: a volatile function is never an index condition.
  now_at constant timestamptz := clock_timestamp();
  place_count integer;
  lease_end timestamptz;
  has_lane boolean := false;
begin
  -- A claim that a crash of the server forgets only makes the job be done again. Not waiting for
  -- the disk is what keeps the lane's lock short.
  perform set_config('synchronous_commit', 'off', true);
  select worker.* into own from private.workers as worker where worker.id = claim_jobs.worker_id;
  if own.is_draining then
    perform private.raise_error('WORKER_DRAINING', 409, 'The worker is asked to end');
  end if;
  -- In any order, so that no lane is always the last; and waiting for none but the first, so that
  -- two workers never wait for each other in a ring.
  for work in
    select limits.lane,
      coalesce(limits.requests_per_minute, limits.tokens_per_minute) is not null as is_limited,
      delayed.is_due is not null as has_delayed, lost.is_due is not null as has_lost,
      -- Those that are made ready now may come before the first that is ready already.
      case when delayed.is_due or lost.is_due then (-32768)::smallint else ready.priority end
        as first_priority,
      coalesce(ready.turn, 0) as first_turn
    from private.lanes as limits
    -- Ordered and limited: for `exists` a planner that expects many rows may read the whole table.
    left join lateral (
      select job.priority, job.turn from private.jobs as job
      where job.lane = limits.lane and job.is_ready
      order by job.priority, job.turn limit 1
    ) as ready on true
    left join lateral (
      select true as is_due from private.jobs as job
      where job.lane = limits.lane and not job.is_ready and job.lease_token is null
        and job.visible_at <= now_at
      order by job.visible_at limit 1
    ) as delayed on true
    left join lateral (
      select true as is_due from private.jobs as job
      where job.lane = limits.lane and job.lease_token is not null and job.visible_at <= now_at
      order by job.visible_at limit 1
    ) as lost on true
    where (limits.paused_until is null or limits.paused_until <= now_at)
      and (claim_jobs.lanes is null or limits.lane = any (claim_jobs.lanes))
      and (ready.turn is not null or delayed.is_due or lost.is_due)
    order by random()
  loop
    exit when wanted = 0;
    if work.has_lost then
      perform private.complete_lost_jobs(work.lane);
    end if;
    if work.has_delayed then
      perform private.release_due_jobs(work.lane);
    end if;
    place_count := private.claim_lane_places(
      work.lane, claim_jobs.kinds, wanted, claim_jobs.max_tokens, not has_lane
    );
    has_lane := true;
    continue when place_count < 1;
    lease_end := clock_timestamp() + make_interval(secs => seconds);
    return query
    with held as (
      update private.jobs as job
      set lease_token = gen_random_uuid(),
          worker_id = claim_jobs.worker_id,
          is_ready = false,
          attempt = job.attempt + 1,
          progress = 0,
          visible_at = lease_end,
          first_claimed_at = coalesce(job.first_claimed_at, clock_timestamp())
      -- By where the rows lie, since the select has just locked them there.
      where job.ctid = any (array(
        select due.ctid from private.jobs as due
        where due.lane = work.lane and due.is_ready
          -- Not through what earlier claims have left at the head of the index, which has been
          -- walked once to find this.
          and (due.priority, due.turn) >= (work.first_priority, work.first_turn)
          and (claim_jobs.kinds is null or due.kind = any (claim_jobs.kinds))
          -- A job follows the held one with its key, and never runs beside it.
          and due.kind || ':' || due.dedupe_key <> all (array(
            select other.kind || ':' || other.dedupe_key from private.jobs as other
            where other.lane = work.lane and other.lease_token is not null
          ))
        order by due.priority, due.turn, due.id
        limit place_count
        for update skip locked
      ))
      returning job.*
    )
    select held.id::text, held.lease_token, held.org_id, held.lane, held.kind,
      held.attempt::integer, held.payload
    from held
    order by held.priority, held.turn, held.id;
    get diagnostics place_count = row_count;
    wanted := wanted - place_count;
    if work.is_limited then
      perform private.update_lane_budget(work.lane, place_count, (
        select coalesce(sum(job.est_tokens), 0) from private.jobs as job
        where job.lane = work.lane and job.lease_token is not null
          and job.worker_id = claim_jobs.worker_id and job.visible_at = lease_end
      ));
    end if;
  end loop;

  -- Seldom: a row that is written with every claim, or while waiting for work, would fill its table
  -- with dead versions.
  if own.id is null or (wanted < max_count and not own.has_claimed)
    or own.seen_at < clock_timestamp() - make_interval(secs => seconds / 3.0)
  then
    insert into private.workers as worker (id, lease_seconds, has_claimed)
    values (claim_jobs.worker_id, seconds, wanted < max_count)
    on conflict (id) do update
      set seen_at = clock_timestamp(),
          lease_seconds = excluded.lease_seconds,
          has_claimed = worker.has_claimed or excluded.has_claimed;
  end if;
end
$$;
comment on function private.claim_jobs(text, text[], integer, integer, text[], bigint) is
  'Leases up to max_jobs (at most 100) due jobs to a worker, of the given kinds and lanes or of all, within the limits of their lanes and max_tokens a lane (a first job may be larger); lowest priority number first, then by turns of their organisations, each in the order in which its jobs came. Each lease has a new fencing token and ends by itself after lease_seconds. Raises WORKER_DRAINING for one that is asked to end. Locks lane rows in any order, waiting for the first only. Definer: the tables are private.';
revoke all on function private.claim_jobs(text, text[], integer, integer, text[], bigint)
  from public, anon, authenticated, service_role;
grant execute on function private.claim_jobs(text, text[], integer, integer, text[], bigint)
  to service_role;
