-- What a worker calls: enqueue, claim, heartbeat, fail, release. Each is one short transaction.
create function private.enqueue_jobs(jobs jsonb)
returns table (job_id text, dedupe_key text, outcome text)
language sql
volatile
security definer
set search_path = ''
as $$
  insert into private.jobs as job
    (org_id, lane, kind, dedupe_key, payload, priority, visible_at, max_attempts)
  select distinct on (item.kind, item.dedupe_key)
    item.org_id, item.lane, item.kind, item.dedupe_key, coalesce(item.payload, '{}'),
    min(coalesce(item.priority, 100::smallint)) over same_key,
    min(coalesce(item.visible_at, clock_timestamp())) over same_key,
    coalesce(item.max_attempts, 5)
  from rows from (
    jsonb_to_recordset(enqueue_jobs.jobs) as (
      org_id uuid, lane text, kind text, dedupe_key text, payload jsonb, priority smallint,
      visible_at timestamptz, max_attempts smallint
    )
  ) with ordinality as item (
    org_id, lane, kind, dedupe_key, payload, priority, visible_at, max_attempts, position
  )
  window same_key as (partition by item.kind, item.dedupe_key)
  order by item.kind, item.dedupe_key, item.position desc
  on conflict (kind, dedupe_key) where lease_token is null do update
    set payload = excluded.payload,
        priority = least(job.priority, excluded.priority),
        visible_at = least(job.visible_at, excluded.visible_at)
  returning job.id::text, job.dedupe_key, case when job.xmax = 0 then 'inserted' else 'merged' end
$$;
comment on function private.enqueue_jobs(jsonb) is
  'Enqueues an array of {org_id, lane, kind, dedupe_key, payload?, priority?, visible_at?, max_attempts?}. A waiting job with the same kind and key, in the table or earlier in the array, is merged: newest payload, lower priority number, earlier time. Outcome inserted or merged. Definer: the tables are private.';
revoke all on function private.enqueue_jobs(jsonb) from public, anon, authenticated, service_role;
grant execute on function private.enqueue_jobs(jsonb) to service_role;

create function private.complete_lost_jobs(lane text, now_at timestamptz)
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
    where job.lane = complete_lost_jobs.lane
      and job.lease_token is not null and job.visible_at <= now_at
      and (job.attempt >= job.max_attempts or exists (
        select from private.jobs as newer
        where newer.kind = job.kind and newer.dedupe_key = job.dedupe_key
          and newer.lease_token is null
      ))
    for update skip locked
  loop
    perform private.complete_job(
      lost,
      case when lost.attempt >= lost.max_attempts then 'dead' else 'superseded' end,
      jsonb_build_object(
        'code', 'WORKER_LOST', 'message', 'Every worker that took this job stopped before finishing it'
      )
    );
  end loop;
end
$$;
comment on function private.complete_lost_jobs(text, timestamptz) is
  'Ends the jobs of a lane whose lease has expired and that nobody is to take again: dead without attempts left, superseded when a newer job with their key waits.';
revoke all on function private.complete_lost_jobs(text, timestamptz)
  from public, anon, authenticated, service_role;

create function private.claim_lane_jobs(
  lane private.lanes,
  worker_id text,
  kinds text[],
  max_jobs integer,
  lease_seconds integer
)
returns setof private.jobs
language plpgsql
volatile
security invoker
set search_path = ''
as $$
declare
  now_at timestamptz := clock_timestamp();
  free_count integer;
  held_keys text[];
begin
  perform private.complete_lost_jobs(claim_lane_jobs.lane.lane, now_at);

  select lane.max_in_flight - count(*),
    coalesce(array_agg(job.kind || ':' || job.dedupe_key), '{}')
  into free_count, held_keys
  from private.jobs as job
  where job.lane = claim_lane_jobs.lane.lane
    and job.lease_token is not null and job.visible_at > now_at;

  return query
  with due as (
    select job.id from private.jobs as job
    where job.lane = claim_lane_jobs.lane.lane
      and job.visible_at <= now_at
      and job.attempt < job.max_attempts
      and (claim_lane_jobs.kinds is null or job.kind = any (claim_lane_jobs.kinds))
      -- A job follows the held one with its key, and never runs beside it.
      and job.kind || ':' || job.dedupe_key <> all (held_keys)
    order by job.priority, job.visible_at, job.id
    limit greatest(0, least(claim_lane_jobs.max_jobs, free_count))
    for update skip locked
  )
  update private.jobs as job
  set lease_token = gen_random_uuid(),
      worker_id = claim_lane_jobs.worker_id,
      attempt = job.attempt + 1,
      progress = 0,
      visible_at = now_at + make_interval(secs => claim_lane_jobs.lease_seconds),
      first_claimed_at = coalesce(job.first_claimed_at, now_at)
  from due
  where job.id = due.id
  returning job.*;
end
$$;
comment on function private.claim_lane_jobs(private.lanes, text, text[], integer, integer) is
  'Claims due jobs of one lane up to its free places, expired leases included. The caller holds the lane''s row lock.';
revoke all on function private.claim_lane_jobs(private.lanes, text, text[], integer, integer)
  from public, anon, authenticated, service_role;

create function private.claim_jobs(
  worker_id text,
  kinds text[] default null,
  max_jobs integer default 10,
  lease_seconds integer default 45
)
returns table (
  job_id text, lease_token uuid, org_id uuid, kind text, attempt integer, payload jsonb
)
language plpgsql
volatile
security definer
set search_path = ''
as $$
declare
  lane private.lanes;
  job private.jobs;
  max_count constant integer := least(greatest(claim_jobs.max_jobs, 0), 100);
  wanted integer := max_count;
  seconds integer := least(greatest(claim_jobs.lease_seconds, 1), 3600);
begin
  -- In the order of their names, so that two workers never wait for each other in a ring.
  for lane in
    select lanes.* from private.lanes as lanes
    where lanes.paused_until is null or lanes.paused_until <= clock_timestamp()
    order by lanes.lane
    for update
  loop
    exit when wanted = 0;
    for job in
      select * from private.claim_lane_jobs(lane, claim_jobs.worker_id, claim_jobs.kinds, wanted, seconds)
    loop
      wanted := wanted - 1;
      job_id := job.id::text;
      lease_token := job.lease_token;
      org_id := job.org_id;
      kind := job.kind;
      attempt := job.attempt;
      payload := job.payload;
      return next;
    end loop;
  end loop;

  insert into private.workers as worker (id, lease_seconds, claimed_count)
  values (claim_jobs.worker_id, seconds, max_count - wanted)
  on conflict (id) do update
    set seen_at = clock_timestamp(),
        lease_seconds = excluded.lease_seconds,
        claimed_count = worker.claimed_count + excluded.claimed_count;
end
$$;
comment on function private.claim_jobs(text, text[], integer, integer) is
  'Leases up to max_jobs due jobs to a worker, within the limits of their lanes; lowest priority number first, then longest due. Each lease has a new fencing token and ends by itself after lease_seconds. Locks lane rows in the order of their names. Definer: the tables are private.';
revoke all on function private.claim_jobs(text, text[], integer, integer)
  from public, anon, authenticated, service_role;
grant execute on function private.claim_jobs(text, text[], integer, integer) to service_role;

create function private.heartbeat_jobs(worker_id text, refs jsonb, lease_seconds integer default 45)
returns table (job_id text, state text)
language sql
volatile
security definer
set search_path = ''
as $$
  with seen as (
    update private.workers
    set seen_at = clock_timestamp(),
        lease_seconds = least(greatest(heartbeat_jobs.lease_seconds, 1), 3600)
    where id = heartbeat_jobs.worker_id
  ),
  ref as (
    select item.job_id, item.lease_token, item.progress
    from jsonb_to_recordset(heartbeat_jobs.refs)
      as item (job_id text, lease_token uuid, progress real)
  ),
  -- In the order of their ids, as everywhere, so that this and a release never wait in a ring.
  held as (
    select job.id, ref.progress
    from private.jobs as job
    join ref on ref.job_id::bigint = job.id and ref.lease_token = job.lease_token
    order by job.id
    for update of job
  ),
  extended as (
    update private.jobs as job
    set visible_at = clock_timestamp()
          + make_interval(secs => least(greatest(heartbeat_jobs.lease_seconds, 1), 3600)),
        progress = least(greatest(coalesce(held.progress, job.progress), job.progress), 1)
    from held
    where job.id = held.id
    returning job.id
  )
  select ref.job_id, case when extended.id is null then 'lost' else 'ok' end
  from ref
  left join extended on extended.id = ref.job_id::bigint
$$;
comment on function private.heartbeat_jobs(text, jsonb, integer) is
  'Extends the leases of [{job_id, lease_token, progress?}] and records progress (0 to 1, never backwards). State ok, or lost when another worker, a cancellation or an end has overtaken the lease. Definer: the tables are private.';
revoke all on function private.heartbeat_jobs(text, jsonb, integer)
  from public, anon, authenticated, service_role;
grant execute on function private.heartbeat_jobs(text, jsonb, integer) to service_role;

create function private.fail_jobs(refs jsonb)
returns table (job_id text, outcome text)
language plpgsql
volatile
security definer
set search_path = ''
as $$
declare
  ref record;
  job private.jobs;
  error jsonb;
  delay_seconds double precision;
begin
  for ref in
    select item.* from jsonb_to_recordset(fail_jobs.refs)
      as item (job_id text, lease_token uuid, code text, message text, is_permanent boolean)
    order by item.job_id::bigint
  loop
    job_id := ref.job_id;
    select held.* into job from private.jobs as held
    where held.id = ref.job_id::bigint and held.lease_token = ref.lease_token
    for update;
    error := jsonb_build_object('code', ref.code, 'message', left(ref.message, 2000));
    if job.id is null then
      outcome := 'stale_lease';
    elsif ref.is_permanent or job.attempt >= job.max_attempts then
      perform private.complete_job(job, 'dead', error);
      outcome := 'dead';
    else
      delay_seconds := least(600, 2 * 2 ^ (job.attempt - 1)) * (0.5 + random() / 2);
      outcome := private.retry_job(
        job, clock_timestamp() + make_interval(secs => delay_seconds), job.attempt, error
      );
    end if;
    return next;
  end loop;
end
$$;
comment on function private.fail_jobs(jsonb) is
  'Reports failed attempts [{job_id, lease_token, code, message, is_permanent}]. Permanent or out of attempts: dead. Otherwise waiting again after 2 s doubled with each attempt, at most 600 s, times a random 0.5 to 1. Outcome dead, waiting, superseded or stale_lease. Definer: the tables are private.';
revoke all on function private.fail_jobs(jsonb) from public, anon, authenticated, service_role;
grant execute on function private.fail_jobs(jsonb) to service_role;

create function private.release_jobs(worker_id text)
returns bigint
language plpgsql
volatile
security definer
set search_path = ''
as $$
declare
  job private.jobs;
  gone private.workers;
  now_at timestamptz;
  due_count bigint;
  has_news boolean;
begin
  for job in
    select held.* from private.jobs as held
    where held.worker_id = release_jobs.worker_id and held.lease_token is not null
    order by held.id
    for update
  loop
    perform private.retry_job(job, clock_timestamp(), job.attempt - 1);
  end loop;
  delete from private.workers where id = release_jobs.worker_id returning * into gone;
  -- The call that this worker came for is spent: the next enqueue makes another at once. Whoever
  -- has the lock is making one now.
  if pg_try_advisory_xact_lock(hashtext('maestro.tick_jobs')) then
    update private.wakeups set poked_at = '-infinity' where only_row;
  end if;

  now_at := clock_timestamp();
  select count(*), coalesce(bool_or(due.visible_at > gone.seen_at - interval '1 second'), false)
  into due_count, has_news
  from private.jobs as due where due.visible_at <= now_at;
  -- Whoever enqueued while this worker was still counted as alive has not called another. One that
  -- found nothing which it could do calls nobody for the same: they would call each other for ever.
  if gone.claimed_count > 0 or has_news then
    perform private.tick_jobs();
  end if;
  return due_count;
end
$$;
comment on function private.release_jobs(text) is
  'A worker stops: the jobs that it holds come back at once with the attempt given back, and the next worker is called if any are due that this one could not have known or had no time for. Returns how many are due. Definer: the tables are private.';
revoke all on function private.release_jobs(text) from public, anon, authenticated, service_role;
grant execute on function private.release_jobs(text) to service_role;
