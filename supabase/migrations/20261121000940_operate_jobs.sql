-- What operators do: redrive, cancel, pause, limit, drain.
create function private.assert_job_filter(filter jsonb)
returns void
language plpgsql
stable
security invoker
set search_path = ''
as $$
begin
  if jsonb_typeof(filter) is distinct from 'object' or filter = '{}'
    or filter - array['job_ids', 'org_id', 'lane', 'kind', 'code'] <> '{}'
    or jsonb_typeof(coalesce(filter -> 'job_ids', '[]')) <> 'array'
  then
    perform private.raise_error(
      'INVALID_REQUEST', 400, 'The filter takes job_ids, org_id, lane, kind and code', null,
      'Name at least one of them'
    );
  end if;
end
$$;
comment on function private.assert_job_filter(jsonb) is
  'Raises INVALID_REQUEST for a filter that names nothing, or something unknown: a slip must not meet every job.';
revoke all on function private.assert_job_filter(jsonb)
  from public, anon, authenticated, service_role;

create function private.is_job_match(
  filter jsonb,
  id bigint,
  org_id uuid,
  lane text,
  kind text,
  error jsonb
)
returns boolean
language sql
immutable
security invoker
set search_path = ''
as $$
  select (filter -> 'job_ids' is null or filter -> 'job_ids' ? is_job_match.id::text)
    and coalesce(filter ->> 'org_id' = is_job_match.org_id::text, filter -> 'org_id' is null)
    and coalesce(filter ->> 'lane' = is_job_match.lane, filter -> 'lane' is null)
    and coalesce(filter ->> 'kind' = is_job_match.kind, filter -> 'kind' is null)
    and coalesce(filter ->> 'code' = is_job_match.error ->> 'code', filter -> 'code' is null)
$$;
comment on function private.is_job_match(jsonb, bigint, uuid, text, text, jsonb) is
  'True when a job has everything that the filter names.';
revoke all on function private.is_job_match(jsonb, bigint, uuid, text, text, jsonb)
  from public, anon, authenticated, service_role;

create function private.retry_dead_jobs(filter jsonb)
returns bigint
language plpgsql
volatile
security definer
set search_path = ''
as $$
declare
  retried_count bigint;
begin
  perform private.assert_job_filter(filter);
  with dead as (
    delete from private.job_history as past
    where past.outcome = 'dead'
      and private.is_job_match(
        retry_dead_jobs.filter, past.id, past.org_id, past.lane, past.kind, past.error
      )
      -- A newer job does the same work already.
      and not exists (
        select from private.jobs as job
        where job.kind = past.kind and job.dedupe_key = past.dedupe_key
      )
      and not exists (
        select from private.job_history as newer
        where newer.kind = past.kind and newer.dedupe_key = past.dedupe_key
          and newer.outcome = 'dead' and newer.id > past.id
      )
    returning past.*
  ),
  queued as (
    insert into private.jobs (
      id, org_id, lane, kind, dedupe_key, input_hash, payload, priority, max_attempts, turn,
      last_error, created_at
    )
    overriding system value
    select
      dead.id, dead.org_id, dead.lane, dead.kind, dead.dedupe_key, dead.input_hash, dead.payload,
      dead.priority, dead.max_attempts,
      private.get_next_turn(dead.lane, dead.priority, dead.org_id), dead.error, dead.created_at
    from dead
    returning 1
  )
  select count(*) into retried_count from queued;
  return retried_count;
end
$$;
comment on function private.retry_dead_jobs(jsonb) is
  'Queues dead jobs again with all their attempts, by {job_ids?, org_id?, lane?, kind?, code?}: the newest for each key, unless one is open. Returns how many. Raises INVALID_REQUEST. Definer: the tables are private.';
revoke all on function private.retry_dead_jobs(jsonb) from public, anon, authenticated, service_role;
grant execute on function private.retry_dead_jobs(jsonb) to service_role;

create function private.cancel_jobs(filter jsonb)
returns bigint
language plpgsql
volatile
security definer
set search_path = ''
as $$
declare
  job private.jobs;
  cancelled_count bigint := 0;
begin
  perform private.assert_job_filter(filter);
  for job in
    select open_job.* from private.jobs as open_job
    where private.is_job_match(
      cancel_jobs.filter, open_job.id, open_job.org_id, open_job.lane, open_job.kind,
      open_job.last_error
    )
    order by open_job.id
    for update
  loop
    perform private.complete_job(job, 'cancelled');
    cancelled_count := cancelled_count + 1;
  end loop;
  return cancelled_count;
end
$$;
comment on function private.cancel_jobs(jsonb) is
  'Cancels open jobs by {job_ids?, org_id?, lane?, kind?, code?}; a worker that holds one learns it with its next heartbeat, and its result is thrown away. Returns how many. Raises INVALID_REQUEST. Locks the jobs. Definer: the tables are private.';
revoke all on function private.cancel_jobs(jsonb) from public, anon, authenticated, service_role;
grant execute on function private.cancel_jobs(jsonb) to service_role;

create function private.assert_lane(lane private.lanes)
returns void
language plpgsql
stable
security invoker
set search_path = ''
as $$
begin
  if lane.lane is null then
    perform private.raise_error('LANE_NOT_FOUND', 404, 'There is no such lane');
  end if;
end
$$;
comment on function private.assert_lane(private.lanes) is 'Raises LANE_NOT_FOUND for the row of no lane.';
revoke all on function private.assert_lane(private.lanes)
  from public, anon, authenticated, service_role;

create function private.pause_lane(lane text, until timestamptz)
returns void
language plpgsql
volatile
security definer
set search_path = ''
as $$
declare
  changed private.lanes;
begin
  update private.lanes as own
  set paused_until = pause_lane.until,
      pause_reason = case when pause_lane.until is not null then 'OPERATOR' end,
      reduced_cap = case when pause_lane.until is not null then own.reduced_cap end,
      reduced_at = case when pause_lane.until is not null then own.reduced_at end
  where own.lane = pause_lane.lane
  returning * into changed;
  perform private.assert_lane(changed);
  if pause_lane.until is null then
    perform private.tick_jobs();
  end if;
end
$$;
comment on function private.pause_lane(text, timestamptz) is
  'Lets no job of a lane be claimed before a time, or with null resumes it at its full size and calls workers. Raises LANE_NOT_FOUND. Definer: the tables are private.';
revoke all on function private.pause_lane(text, timestamptz)
  from public, anon, authenticated, service_role;
grant execute on function private.pause_lane(text, timestamptz) to service_role;

create function private.update_lane(lane text, changes jsonb)
returns void
language plpgsql
volatile
security definer
set search_path = ''
as $$
declare
  changed private.lanes;
begin
  update private.lanes as own
  set max_in_flight = coalesce((changes ->> 'max_in_flight')::integer, own.max_in_flight),
      requests_per_minute = case when changes ? 'requests_per_minute'
        then (changes ->> 'requests_per_minute')::integer else own.requests_per_minute end,
      tokens_per_minute = case when changes ? 'tokens_per_minute'
        then (changes ->> 'tokens_per_minute')::integer else own.tokens_per_minute end
  where own.lane = update_lane.lane
  returning * into changed;
  perform private.assert_lane(changed);
exception
  when check_violation or invalid_text_representation or numeric_value_out_of_range then
    perform private.raise_error(
      'INVALID_REQUEST', 400,
      'max_in_flight is 1 to 1000; requests_per_minute and tokens_per_minute are positive or null'
    );
end
$$;
comment on function private.update_lane(text, jsonb) is
  'Sets {max_in_flight?, requests_per_minute?, tokens_per_minute?} of a lane; null lifts a limit. Raises LANE_NOT_FOUND, INVALID_REQUEST. Definer: the tables are private.';
revoke all on function private.update_lane(text, jsonb)
  from public, anon, authenticated, service_role;
grant execute on function private.update_lane(text, jsonb) to service_role;

create function private.drain_workers(worker_id text default null)
returns bigint
language sql
volatile
security definer
set search_path = ''
as $$
  with asked as (
    update private.workers as worker
    set is_draining = true
    where worker.id = coalesce(drain_workers.worker_id, worker.id)
    returning 1
  )
  select count(*) from asked
$$;
comment on function private.drain_workers(text) is
  'Asks a worker, or every one that runs now, to finish what it holds and end. Returns how many. Definer: the tables are private.';
revoke all on function private.drain_workers(text) from public, anon, authenticated, service_role;
grant execute on function private.drain_workers(text) to service_role;

create function private.claim_lane_requests(lane text, request_count integer, token_count integer)
returns double precision
language plpgsql
volatile
security definer
set search_path = ''
as $$
declare
  own private.lanes;
  now_at timestamptz;
  age interval;
  seconds double precision;
begin
  perform set_config('synchronous_commit', 'off', true);
  select found.* into own from private.lanes as found where found.lane = claim_lane_requests.lane
  for no key update;
  perform private.assert_lane(own);
  now_at := clock_timestamp();
  age := now_at - own.refilled_at;
  seconds := greatest(
    0,
    extract(epoch from own.paused_until - now_at),
    (request_count - private.get_lane_budget(own.requests_per_minute, own.request_budget, age))
      * 60 / own.requests_per_minute,
    -private.get_lane_budget(own.tokens_per_minute, own.token_budget, age)
      * 60 / own.tokens_per_minute
  );
  if seconds = 0 then
    perform private.update_lane_budget(
      own.lane, claim_lane_requests.request_count, claim_lane_requests.token_count
    );
  end if;
  return least(seconds, 3600);
end
$$;
comment on function private.claim_lane_requests(text, integer, integer) is
  'Takes what a further call of a held job needs out of its lane''s buckets and returns 0, or takes nothing and returns how many seconds to wait (at most 3600). Raises LANE_NOT_FOUND. Locks the lane. Definer: the tables are private.';
revoke all on function private.claim_lane_requests(text, integer, integer)
  from public, anon, authenticated, service_role;
grant execute on function private.claim_lane_requests(text, integer, integer) to service_role;
