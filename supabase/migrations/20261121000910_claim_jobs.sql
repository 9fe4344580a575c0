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

create function private.claim_lane_jobs(
  lane_name text,
  worker_id text,
  kinds text[],
  max_jobs integer,
  max_tokens bigint,
  lease_seconds integer
)
returns private.jobs[]
language plpgsql
volatile
security invoker
set search_path = ''
as $$
declare
  limits private.lanes;
  now_at timestamptz;
  free_count integer;
  tokens double precision;
  held_keys text[];
  claimed private.jobs[];
begin
  select own.* into limits from private.lanes as own where own.lane = lane_name for no key update;
  now_at := clock_timestamp();
  if limits.paused_until > now_at then
    return claimed;
  end if;
  select private.get_lane_cap(limits, now_at) - count(*),
    coalesce(array_agg(job.kind || ':' || job.dedupe_key), '{}')
  into free_count, held_keys
  from private.jobs as job
  where job.lane = lane_name and job.lease_token is not null;
  free_count := floor(least(free_count, max_jobs, private.get_lane_budget(
    limits.requests_per_minute, limits.request_budget, now_at - limits.refilled_at
  )));
  tokens := private.get_lane_budget(
    limits.tokens_per_minute, limits.token_budget, now_at - limits.refilled_at
  );
  if free_count < 1 or tokens <= 0 or claim_lane_jobs.max_tokens <= 0 then
    return claimed;
  end if;

  with due as (
    select job.id, job.est_tokens, job.priority, job.turn
    from private.jobs as job
    where job.lane = lane_name and job.is_ready
      and (claim_lane_jobs.kinds is null or job.kind = any (claim_lane_jobs.kinds))
      -- A job follows the held one with its key, and never runs beside it.
      and job.kind || ':' || job.dedupe_key <> all (held_keys)
    order by job.priority, job.turn, job.id
    limit free_count
    for update skip locked
  ),
  held as (
    update private.jobs as job
    set lease_token = gen_random_uuid(),
        worker_id = claim_lane_jobs.worker_id,
        is_ready = false,
        attempt = job.attempt + 1,
        progress = 0,
        visible_at = now_at + make_interval(secs => claim_lane_jobs.lease_seconds),
        first_claimed_at = coalesce(job.first_claimed_at, now_at)
    -- An array, for which no planner takes the whole table.
    where job.id = any (array(
      select granted.id from (
        select due.id, due.est_tokens,
          sum(due.est_tokens) over (order by due.priority, due.turn, due.id) as tokens_so_far
        from due
      ) as granted
      -- One job that is larger than the whole bucket still goes, and leaves it in debt.
      where granted.tokens_so_far - granted.est_tokens < tokens
        -- What a worker asked for is not exceeded, except by a first job that no worker could take.
        and (
          granted.tokens_so_far <= coalesce(claim_lane_jobs.max_tokens, granted.tokens_so_far)
          or granted.tokens_so_far = granted.est_tokens
        )
    ))
    returning job.*
  )
  select array_agg(held order by held.priority, held.turn, held.id) into claimed from held;

  if limits.requests_per_minute is not null or limits.tokens_per_minute is not null then
    perform private.update_lane_budget(lane_name, count(*), coalesce(sum(job.est_tokens), 0))
    from unnest(claimed) as job;
  end if;
  return claimed;
end
$$;
comment on function private.claim_lane_jobs(text, text, text[], integer, bigint, integer) is
  'Claims ready jobs of one lane up to its free places and budgets; null for none. Locks the lane''s row to the end of the transaction: that makes both exact across all workers.';
revoke all on function private.claim_lane_jobs(text, text, text[], integer, bigint, integer)
  from public, anon, authenticated, service_role;

create function private.list_lanes_with_work(lanes text[])
returns table (lane text, has_delayed boolean, has_lost boolean)
language plpgsql
volatile
security invoker
set search_path = ''
as $$
#variable_conflict use_column
declare
  -- In a variable: a volatile function is never an index condition.
  now_at constant timestamptz := clock_timestamp();
begin
  return query
  select found.lane, coalesce(found.has_delayed, false), coalesce(found.has_lost, false)
  from (
    -- Ordered and limited: for `exists` a planner that expects many rows may read the whole table.
    select own.lane,
      (
        select true from private.jobs as job where job.lane = own.lane and job.is_ready
        order by job.priority, job.turn limit 1
      ) as has_ready,
      (
        select true from private.jobs as job
        where job.lane = own.lane and not job.is_ready and job.lease_token is null
          and job.visible_at <= now_at
        order by job.visible_at limit 1
      ) as has_delayed,
      (
        select true from private.jobs as job
        where job.lane = own.lane and job.lease_token is not null and job.visible_at <= now_at
        order by job.visible_at limit 1
      ) as has_lost
    from private.lanes as own
    where (own.paused_until is null or own.paused_until <= now_at)
      and (list_lanes_with_work.lanes is null or own.lane = any (list_lanes_with_work.lanes))
  ) as found
  where coalesce(found.has_ready, found.has_delayed, found.has_lost)
  order by found.lane;
end
$$;
comment on function private.list_lanes_with_work(text[]) is
  'Lanes with a job that could be claimed, in the order in which they are locked; and whether jobs wait there to be made ready, or to be taken from workers that died.';
revoke all on function private.list_lanes_with_work(text[])
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
-- it had when the plan was made.
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
as $$
declare
  own private.workers;
  work record;
  max_count constant integer := least(greatest(claim_jobs.max_jobs, 0), 100);
  wanted integer := max_count;
  seconds constant integer := least(greatest(claim_jobs.lease_seconds, 1), 3600);
  claimed private.jobs[];
begin
  -- A claim that a crash of the server forgets only makes the job be done again. Not waiting for
  -- the disk is what keeps the lane's lock short.
  perform set_config('synchronous_commit', 'off', true);
  select worker.* into own from private.workers as worker where worker.id = claim_jobs.worker_id;
  if own.is_draining then
    perform private.raise_error('WORKER_DRAINING', 409, 'The worker is asked to end');
  end if;
  -- In the order of their names, so that two workers never wait for each other in a ring.
  for work in select * from private.list_lanes_with_work(claim_jobs.lanes) loop
    exit when wanted = 0;
    if work.has_lost then
      perform private.complete_lost_jobs(work.lane);
    end if;
    if work.has_delayed then
      perform private.release_due_jobs(work.lane);
    end if;
    claimed := private.claim_lane_jobs(
      work.lane, claim_jobs.worker_id, claim_jobs.kinds, wanted, claim_jobs.max_tokens, seconds
    );
    wanted := wanted - coalesce(cardinality(claimed), 0);
    return query
    select job.id::text, job.lease_token, job.org_id, job.lane, job.kind, job.attempt::integer,
      job.payload
    from unnest(claimed) as job;
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
  'Leases up to max_jobs (at most 100) due jobs to a worker, of the given kinds and lanes or of all, within the limits of their lanes and max_tokens a lane (a first job may be larger); lowest priority number first, then by turns of their organisations, each in the order in which its jobs came. Each lease has a new fencing token and ends by itself after lease_seconds. Raises WORKER_DRAINING for one that is asked to end. Locks lane rows in the order of their names. Definer: the tables are private.';
revoke all on function private.claim_jobs(text, text[], integer, integer, text[], bigint)
  from public, anon, authenticated, service_role;
grant execute on function private.claim_jobs(text, text[], integer, integer, text[], bigint)
  to service_role;
