-- What operators do with lanes and workers: pause, limit, drain; and what a worker asks a lane.
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
  if pause_lane.until is null then
    -- A tick that is under way has looked already, and saw the pause: this waits for it, before it
    -- locks a lane, and looks again.
    perform pg_advisory_xact_lock(hashtext('maestro.tick_jobs'), 0);
  end if;
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
  'Lets no job of a lane be claimed before a time, or with null resumes it at its full size and calls workers, after a tick that is under way. Raises LANE_NOT_FOUND. Locks ticks, then the lane. Definer: the tables are private.';
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
  if jsonb_typeof(changes) is distinct from 'object' or changes = '{}'
    or changes - array['max_in_flight', 'requests_per_minute', 'tokens_per_minute'] <> '{}'
  then
    perform private.raise_error(
      'INVALID_REQUEST', 400,
      'changes takes max_in_flight, requests_per_minute and tokens_per_minute'
    );
  end if;
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
  requests constant integer := greatest(request_count, 0);
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
    -- What a bucket never holds goes when it is full, and leaves it in debt.
    (
      least(requests, private.get_lane_budget(own.requests_per_minute, 0, 'infinity'))
        - private.get_lane_budget(own.requests_per_minute, own.request_budget, age)
    ) * 60 / own.requests_per_minute,
    -private.get_lane_budget(own.tokens_per_minute, own.token_budget, age)
      * 60 / own.tokens_per_minute
  );
  if seconds = 0 then
    perform private.update_lane_budget(
      own.lane, requests, greatest(claim_lane_requests.token_count, 0)
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
