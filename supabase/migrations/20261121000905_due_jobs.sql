-- What a claim finds: lanes with due jobs, those whose time has come, those whose worker was lost.
create function private.list_due_lanes(lanes text[], now_at timestamptz)
returns table (
  lane text, is_limited boolean, has_delayed boolean, has_lost boolean, first_priority smallint,
  first_turn bigint
)
language plpgsql
volatile
security invoker
set search_path = ''
as $$
begin
  return query
  select limits.lane,
    coalesce(limits.requests_per_minute, limits.tokens_per_minute) is not null,
    delayed.is_due is not null, lost.is_due is not null,
    -- Those that are made ready now may come before the first that is ready already.
    case when delayed.is_due or lost.is_due then (-32768)::smallint else ready.priority end,
    coalesce(ready.turn, 0)
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
    and (list_due_lanes.lanes is null or limits.lane = any (list_due_lanes.lanes))
    and (ready.turn is not null or delayed.is_due or lost.is_due)
  order by random();
end
$$;
comment on function private.list_due_lanes(text[], timestamptz) is
  'The lanes that are not paused and have jobs which a claim may find, in any order, so that none is always the last; with where its ready jobs begin.';
revoke all on function private.list_due_lanes(text[], timestamptz)
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
  with due as (
    select waiting.id, waiting.org_id, waiting.priority, waiting.visible_at
    from private.jobs as waiting
    where waiting.lane = lane_name and not waiting.is_ready and waiting.lease_token is null
      and waiting.visible_at <= now_at
    order by waiting.visible_at
    limit 1000
    for update skip locked
  ),
  served as (
    select wanted.priority, coalesce((
      select ready.turn from private.jobs as ready
      where ready.lane = lane_name and ready.priority = wanted.priority and ready.is_ready
      order by ready.turn limit 1
    ), 0) as turn
    from (select distinct due.priority from due) as wanted
  ),
  placed as (
    select due.id,
      served.turn - 1 + row_number() over (
        partition by due.priority, due.org_id order by due.visible_at, due.id
      ) as turn
    from due join served on served.priority = due.priority
  )
  update private.jobs as job
  set is_ready = true, turn = placed.turn
  from placed
  where job.id = placed.id;
end
$$;
comment on function private.release_due_jobs(text) is
  'Makes the delayed jobs of a lane ready whose time has come, the longest due first: each organisation''s from the turn that is being served on, beside those that it has there.';
revoke all on function private.release_due_jobs(text)
  from public, anon, authenticated, service_role;

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
    begin
      if lost.attempt >= lost.max_attempts then
        perform private.complete_job(lost, 'dead', jsonb_build_object(
          'code', 'WORKER_LOST',
          'message', 'Every worker that took this job stopped before finishing it'
        ));
      else
        perform private.retry_job(lost, now_at, lost.attempt);
      end if;
    exception
      -- Whoever is enqueueing a newer one with its key, or changes what it is about, has not
      -- committed: the next claim sees.
      when lock_not_available then null;
    end;
  end loop;
end
$$;
comment on function private.complete_lost_jobs(text) is
  'Takes the jobs of a lane from workers whose lease has expired: ready again, dead without attempts left, superseded when a newer job with their key waits.';
revoke all on function private.complete_lost_jobs(text)
  from public, anon, authenticated, service_role;
