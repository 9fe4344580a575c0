-- How a held job goes on in another lane, whose provider it calls next.
create function private.claim_job_place(job private.jobs, lane_name text, tokens integer)
returns boolean
language plpgsql
volatile
security invoker
set search_path = ''
as $$
declare
  limits private.lanes;
  now_at timestamptz;
  place_count bigint;
begin
  -- After the job, as where a refusal pauses a lane: a claim that has the lane waits for no job.
  select own.* into limits from private.lanes as own where own.lane = lane_name for no key update;
  perform private.assert_lane(limits);
  now_at := clock_timestamp();
  select private.get_lane_cap(limits, now_at) - count(*) into place_count
  from private.jobs as held
  where held.lane = lane_name and held.lease_token is not null;
  if place_count > 0
    and coalesce(limits.paused_until <= now_at, true)
    and private.get_lane_budget(
      limits.requests_per_minute, limits.request_budget, now_at - limits.refilled_at
    ) >= 1
    and private.get_lane_budget(
      limits.tokens_per_minute, limits.token_budget, now_at - limits.refilled_at
    ) > 0
  then
    update private.jobs set lane = lane_name, est_tokens = tokens where id = job.id;
    perform private.update_lane_budget(lane_name, 1, tokens);
    return true;
  end if;
  return false;
end
$$;
comment on function private.claim_job_place(private.jobs, text, integer) is
  'Moves a held job to another lane that has a place and the budget for a call of so many tokens, which is paid for; that frees its place in the first. Returns whether it has. Raises LANE_NOT_FOUND. The caller has locked the row; locks the lane.';
revoke all on function private.claim_job_place(private.jobs, text, integer)
  from public, anon, authenticated, service_role;

create function private.update_job_lane(job private.jobs, lane_name text, tokens integer)
returns boolean
language plpgsql
volatile
security invoker
set search_path = ''
as $$
begin
  if job.lane = lane_name or private.claim_job_place(job, lane_name, tokens) then
    return true;
  end if;
  update private.jobs
  set lane = lane_name,
      est_tokens = tokens,
      -- It has had its turn: it is not served after all that its organisation has queued here.
      turn = coalesce(
        (
          select served.turn from private.jobs as served
          where served.lane = lane_name and served.priority = job.priority and served.is_ready
          order by served.turn limit 1
        ),
        0
      )
  where id = job.id;
  perform private.retry_job(job, clock_timestamp(), job.attempt - 1);
  return false;
end
$$;
comment on function private.update_job_lane(private.jobs, text, integer) is
  'Moves a held job to another lane, unless it has moved there already: see claim_job_place. Without a place it waits there with its attempt given back and the next turn, or ends as superseded. Returns whether it is still held. Raises LANE_NOT_FOUND. The caller has locked the row; locks the lane.';
revoke all on function private.update_job_lane(private.jobs, text, integer)
  from public, anon, authenticated, service_role;

create function private.update_job_lanes(moves jsonb)
returns text
language plpgsql
volatile
security invoker
set search_path = ''
as $$
declare
  work record;
  last_lane text;
begin
  perform private.assert_batch(update_job_lanes.moves);
  for work in
    select job, move.lane, greatest(coalesce(move.token_count, 0), 0) as token_count
    from (
      select distinct on (item.job_id) item.*
      from jsonb_to_recordset(update_job_lanes.moves)
        as item (job_id bigint, lease_token uuid, lane text, token_count integer)
    ) as move
    join private.jobs as job on job.id = move.job_id and job.lease_token = move.lease_token
    where job.lane <> move.lane
    -- Lanes in the order of their names, in which alone anybody waits for a second one.
    order by move.lane, job.id
    -- Whoever stores its result meanwhile moves it, too.
    for update of job skip locked
  loop
    perform private.claim_job_place(work.job, work.lane, work.token_count);
    last_lane := work.lane;
  end loop;
  return last_lane;
exception
  when data_exception or integrity_constraint_violation or program_limit_exceeded then
    perform private.fail_arguments(sqlstate, sqlerrm);
    return null;
end
$$;
comment on function private.update_job_lanes(jsonb) is
  'Moves jobs, [{job_id, lease_token, lane, token_count}], whose call in their lane is over to the lane of the next, where that has a place; the others stay. Returns the last lane that it has locked, null for none. Raises INVALID_REQUEST, LANE_NOT_FOUND. Locks the jobs that nobody else has locked, then the lanes in the order of their names.';
revoke all on function private.update_job_lanes(jsonb)
  from public, anon, authenticated, service_role;
