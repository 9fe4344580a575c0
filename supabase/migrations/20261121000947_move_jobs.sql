-- How a held job goes on in another lane, whose provider it calls next.
create function private.update_job_lane(job private.jobs, lane_name text, tokens integer)
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
  perform private.retry_job(job, now_at, job.attempt - 1);
  return false;
end
$$;
comment on function private.update_job_lane(private.jobs, text, integer) is
  'Moves a held job to another lane, which frees its place in the first. When the other has a place and the budget for a call of so many tokens, the job keeps its lease, and that call is paid for; else it waits there with its attempt given back and the next turn, or ends as superseded. Returns whether it is still held. Raises LANE_NOT_FOUND. The caller has locked the row; locks the lane.';
revoke all on function private.update_job_lane(private.jobs, text, integer)
  from public, anon, authenticated, service_role;
