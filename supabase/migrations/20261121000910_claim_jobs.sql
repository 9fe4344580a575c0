-- How a worker gets work: leases on ready jobs, within the limits of their lanes.
create function private.complete_lost_jobs(lane_name text, now_at timestamptz)
returns void
language plpgsql
volatile
security invoker
set search_path = ''
as $$
declare
  lost private.jobs;
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
      perform private.retry_job(lost, now_at, lost.attempt);
    end if;
  end loop;
end
$$;
comment on function private.complete_lost_jobs(text, timestamptz) is
  'Takes the jobs of a lane from workers whose lease has expired: ready again, dead without attempts left, superseded when a newer job with their key waits.';
revoke all on function private.complete_lost_jobs(text, timestamptz)
  from public, anon, authenticated, service_role;

create function private.release_due_jobs(lane_name text, now_at timestamptz)
returns void
language sql
volatile
security invoker
set search_path = ''
as $$
  update private.jobs as job
  set is_ready = true
  where job.id in (
    select due.id from private.jobs as due
    where due.lane = lane_name and not due.is_ready and due.lease_token is null
      and due.visible_at <= now_at
    order by due.visible_at
    limit 1000
    for update skip locked
  )
$$;
comment on function private.release_due_jobs(text, timestamptz) is
  'Makes the delayed jobs of a lane ready whose time has come, the longest due first.';
revoke all on function private.release_due_jobs(text, timestamptz)
  from public, anon, authenticated, service_role;

create function private.update_worker(worker_id text, lease_seconds integer, claimed_count integer)
returns void
language sql
volatile
security invoker
set search_path = ''
as $$
  insert into private.workers as worker (id, lease_seconds, claimed_count)
  values (update_worker.worker_id, update_worker.lease_seconds, update_worker.claimed_count)
  on conflict (id) do update
    set seen_at = clock_timestamp(),
        lease_seconds = excluded.lease_seconds,
        claimed_count = worker.claimed_count + excluded.claimed_count
    -- A worker that waits for work must not fill the table with dead versions of its row.
    where excluded.claimed_count > 0
      or worker.seen_at < clock_timestamp() - make_interval(secs => excluded.lease_seconds / 3.0)
$$;
comment on function private.update_worker(text, integer, integer) is
  'Notes that a worker is alive, and what it has claimed.';
revoke all on function private.update_worker(text, integer, integer)
  from public, anon, authenticated, service_role;

create function private.claim_lane_jobs(
  lane_name text,
  worker_id text,
  kinds text[],
  max_jobs integer,
  max_tokens bigint,
  lease_seconds integer
)
returns setof private.jobs
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
    return;
  end if;
  perform private.complete_lost_jobs(lane_name, now_at);
  perform private.release_due_jobs(lane_name, now_at);

  select private.get_lane_cap(limits, now_at) - count(*),
    coalesce(array_agg(job.kind || ':' || job.dedupe_key), '{}')
  into free_count, held_keys
  from private.jobs as job
  where job.lane = lane_name and job.lease_token is not null;
  free_count := floor(least(free_count, max_jobs, private.get_lane_budget(
    limits.requests_per_minute, limits.request_budget, now_at - limits.refilled_at
  )));
  tokens := least(max_tokens, private.get_lane_budget(
    limits.tokens_per_minute, limits.token_budget, now_at - limits.refilled_at
  ));

  with due as (
    select job.id, job.est_tokens, job.priority, job.turn
    from private.jobs as job
    where job.lane = lane_name and job.is_ready
      and (claim_lane_jobs.kinds is null or job.kind = any (claim_lane_jobs.kinds))
      -- A job follows the held one with its key, and never runs beside it.
      and job.kind || ':' || job.dedupe_key <> all (held_keys)
    order by job.priority, job.turn, job.id
    limit greatest(0, free_count)
    for update skip locked
  ),
  granted as (
    select due.id,
      sum(due.est_tokens) over (order by due.priority, due.turn, due.id) - due.est_tokens as before
    from due
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
    from granted
    -- One job that is larger than the whole bucket still goes, and leaves it in debt.
    where job.id = granted.id and granted.before < tokens
    returning job.*
  )
  select array_agg(held order by held.priority, held.turn, held.id) into claimed from held;

  if limits.requests_per_minute is not null or limits.tokens_per_minute is not null then
    perform private.update_lane_budget(lane_name, count(*), coalesce(sum(job.est_tokens), 0))
    from unnest(claimed) as job;
  end if;
  return query select * from unnest(claimed);
end
$$;
comment on function private.claim_lane_jobs(text, text, text[], integer, bigint, integer) is
  'Claims ready jobs of one lane up to its free places and budgets. Locks the lane''s row to the end of the transaction: that makes both exact across all workers.';
revoke all on function private.claim_lane_jobs(text, text, text[], integer, bigint, integer)
  from public, anon, authenticated, service_role;

create function private.list_lanes_with_work(lanes text[], now_at timestamptz)
returns setof text
language sql
stable
security invoker
set search_path = ''
as $$
  select lane.lane from private.lanes as lane
  where (lane.paused_until is null or lane.paused_until <= now_at)
    and (list_lanes_with_work.lanes is null or lane.lane = any (list_lanes_with_work.lanes))
    and (
      exists (select from private.jobs as job where job.lane = lane.lane and job.is_ready)
      or exists (
        select from private.jobs as job
        where job.lane = lane.lane and not job.is_ready and job.lease_token is null
          and job.visible_at <= now_at
      )
      or exists (
        select from private.jobs as job
        where job.lane = lane.lane and job.lease_token is not null and job.visible_at <= now_at
      )
    )
  order by lane.lane
$$;
comment on function private.list_lanes_with_work(text[], timestamptz) is
  'Lanes with a job that could be claimed, in the order in which they are locked.';
revoke all on function private.list_lanes_with_work(text[], timestamptz)
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
as $$
declare
  lane_name text;
  max_count constant integer := least(greatest(claim_jobs.max_jobs, 0), 100);
  wanted integer := max_count;
  seconds constant integer := least(greatest(claim_jobs.lease_seconds, 1), 3600);
  claimed private.jobs[];
begin
  -- A claim that a crash of the server forgets only makes the job be done again. Not waiting for
  -- the disk is what keeps the lane's lock short.
  perform set_config('synchronous_commit', 'off', true);
  if exists (
    select from private.workers as worker
    where worker.id = claim_jobs.worker_id and worker.is_draining
  ) then
    return;
  end if;
  -- In the order of their names, so that two workers never wait for each other in a ring.
  for lane_name in select * from private.list_lanes_with_work(claim_jobs.lanes, clock_timestamp())
  loop
    exit when wanted = 0;
    select array_agg(job) into claimed from private.claim_lane_jobs(
      lane_name, claim_jobs.worker_id, claim_jobs.kinds, wanted, claim_jobs.max_tokens, seconds
    ) as job;
    wanted := wanted - coalesce(cardinality(claimed), 0);
    return query
    select job.id::text, job.lease_token, job.org_id, job.lane, job.kind, job.attempt::integer, job.payload
    from unnest(claimed) as job;
  end loop;
  perform private.update_worker(claim_jobs.worker_id, seconds, max_count - wanted);
end
$$;
comment on function private.claim_jobs(text, text[], integer, integer, text[], bigint) is
  'Leases up to max_jobs (at most 100) due jobs to a worker, of the given kinds and lanes or of all, within the limits of their lanes and max_tokens a lane; lowest priority number first, then by turns of their organisations, each in the order in which its jobs came. Each lease has a new fencing token and ends by itself after lease_seconds. Nothing for a worker that is draining. Locks lane rows in the order of their names. Definer: the tables are private.';
revoke all on function private.claim_jobs(text, text[], integer, integer, text[], bigint)
  from public, anon, authenticated, service_role;
grant execute on function private.claim_jobs(text, text[], integer, integer, text[], bigint)
  to service_role;
