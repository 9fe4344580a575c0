-- What operators see of the engine, and members of their own usage.
create function private.list_job_stats()
returns table (
  lane text, kind text, ready_count bigint, delayed_count bigint, held_count bigint,
  oldest_due_seconds double precision, completed_last_hour bigint, dead_last_hour bigint,
  p50_seconds double precision, p95_seconds double precision
)
language sql
stable
security definer
set search_path = ''
as $$
  with open_jobs as (
    select job.lane, job.kind,
      count(*) filter (where job.is_ready) as ready_count,
      count(*) filter (where not job.is_ready and job.lease_token is null) as delayed_count,
      count(*) filter (where job.lease_token is not null) as held_count,
      extract(epoch from now() - min(job.visible_at) filter (where job.lease_token is null))
        as oldest_due_seconds
    from private.jobs as job
    group by job.lane, job.kind
  ),
  ended as (
    select past.lane, past.kind,
      count(*) filter (where past.outcome = 'completed') as completed_last_hour,
      count(*) filter (where past.outcome = 'dead') as dead_last_hour,
      percentile_cont(array[0.5, 0.95]) within group (
        order by extract(epoch from past.finished_at - past.created_at)
      ) filter (where past.outcome = 'completed') as seconds
    from private.job_history as past
    where past.finished_at > now() - interval '1 hour'
    group by past.lane, past.kind
  )
  select
    coalesce(open_jobs.lane, ended.lane), coalesce(open_jobs.kind, ended.kind),
    coalesce(open_jobs.ready_count, 0), coalesce(open_jobs.delayed_count, 0),
    coalesce(open_jobs.held_count, 0), greatest(open_jobs.oldest_due_seconds, 0),
    coalesce(ended.completed_last_hour, 0), coalesce(ended.dead_last_hour, 0),
    ended.seconds[1], ended.seconds[2]
  from open_jobs
  full join ended on ended.lane = open_jobs.lane and ended.kind = open_jobs.kind
$$;
comment on function private.list_job_stats() is
  'Depth, age and throughput by lane and kind; seconds are from enqueue to end, over the last hour. Definer: the tables are private.';
revoke all on function private.list_job_stats() from public, anon, authenticated, service_role;
grant execute on function private.list_job_stats() to service_role;

create function private.list_lane_states()
returns table (
  lane text, cap integer, held_count bigint, max_in_flight integer, requests_per_minute integer,
  tokens_per_minute integer, paused_until timestamptz, pause_reason text
)
language sql
stable
security definer
set search_path = ''
as $$
  select own.lane, private.get_lane_cap(own, now()),
    (
      select count(*) from private.jobs as job
      where job.lane = own.lane and job.lease_token is not null
    ),
    own.max_in_flight, own.requests_per_minute, own.tokens_per_minute,
    case when own.paused_until > now() then own.paused_until end,
    case when own.paused_until > now() then own.pause_reason end
  from private.lanes as own
$$;
comment on function private.list_lane_states() is
  'Each lane with its limits, what it may hold now and holds, and its pause. Definer: the tables are private.';
revoke all on function private.list_lane_states() from public, anon, authenticated, service_role;
grant execute on function private.list_lane_states() to service_role;

create function private.get_job_health()
returns table (
  is_healthy boolean, last_tick_at timestamptz, tick_age_seconds double precision,
  oldest_ready_seconds double precision, worker_count bigint, dead_last_day bigint,
  has_secrets boolean
)
language sql
stable
security definer
set search_path = ''
as $$
  select
    coalesce(
      seen.has_secrets and seen.tick_age_seconds < 60
        and coalesce(seen.oldest_ready_seconds, 0) < 900,
      false
    ),
    seen.*
  from (
    select tick.last_tick_at,
      extract(epoch from now() - tick.last_tick_at)::double precision as tick_age_seconds,
      (
        select extract(epoch from now() - min(job.visible_at))::double precision
        from private.jobs as job
        join private.lanes as lane on lane.lane = job.lane
        where job.is_ready and (lane.paused_until is null or lane.paused_until <= now())
      ) as oldest_ready_seconds,
      (
        select count(*) from private.workers as worker
        where worker.seen_at > now() - make_interval(secs => worker.lease_seconds)
      ) as worker_count,
      (
        select count(*) from private.job_history as past
        where past.outcome = 'dead' and past.finished_at > now() - interval '1 day'
      ) as dead_last_day,
      (
        select count(*) = 2 from vault.decrypted_secrets as secret
        where secret.name in ('project_url', 'cron_secret_key')
          and coalesce(secret.decrypted_secret, '') <> ''
      ) as has_secrets
    from (
      select max(run.start_time) as last_tick_at
      from cron.job_run_details as run
      join cron.job as cron_job on cron_job.jobid = run.jobid
      where cron_job.jobname = 'maestro-tick-jobs' and run.status in ('succeeded', 'running')
    ) as tick
  ) as seen
$$;
comment on function private.get_job_health() is
  'One row: healthy when cron has ticked within a minute, both Vault secrets are set, and no job outside a paused lane has been ready for 15 minutes. Definer: the tables and the secrets are private; no secret is returned.';
revoke all on function private.get_job_health() from public, anon, authenticated, service_role;
grant execute on function private.get_job_health() to service_role;

create function private.list_dead_jobs()
returns table (
  job_id text, org_id uuid, lane text, kind text, dedupe_key text, code text, message text,
  attempt integer, created_at timestamptz, finished_at timestamptz
)
language sql
stable
security definer
set search_path = ''
as $$
  select past.id::text, past.org_id, past.lane, past.kind, past.dedupe_key,
    past.error ->> 'code', past.error ->> 'message', past.attempt::integer,
    past.created_at, past.finished_at
  from private.job_history as past
  where past.outcome = 'dead'
$$;
comment on function private.list_dead_jobs() is
  'Dead letters: jobs that failed for good, until retry_dead_jobs queues them again. Definer: the tables are private.';
revoke all on function private.list_dead_jobs() from public, anon, authenticated, service_role;
grant execute on function private.list_dead_jobs() to service_role;

create view public.job_stats with (security_invoker = true) as
  select * from private.list_job_stats();
comment on view public.job_stats is 'See private.list_job_stats.';
revoke all on table public.job_stats from public, anon, authenticated, service_role;
grant select on table public.job_stats to service_role;

create view public.job_lanes with (security_invoker = true) as
  select * from private.list_lane_states();
comment on view public.job_lanes is 'See private.list_lane_states.';
revoke all on table public.job_lanes from public, anon, authenticated, service_role;
grant select on table public.job_lanes to service_role;

create view public.job_health with (security_invoker = true) as
  select * from private.get_job_health();
comment on view public.job_health is 'See private.get_job_health.';
revoke all on table public.job_health from public, anon, authenticated, service_role;
grant select on table public.job_health to service_role;

create view public.job_dead with (security_invoker = true) as
  select * from private.list_dead_jobs();
comment on view public.job_dead is 'See private.list_dead_jobs.';
revoke all on table public.job_dead from public, anon, authenticated, service_role;
grant select on table public.job_dead to service_role;

create view public.usage_daily with (security_invoker = true) as
  select
    event.org_id, (event.created_at at time zone 'utc')::date as day, event.kind, event.provider,
    event.model, sum(event.input_tokens) as input_tokens, sum(event.output_tokens) as output_tokens,
    sum(event.input_tokens + event.output_tokens) filter (where event.is_wasted) as wasted_tokens,
    sum(event.cost_usd) as cost_usd
  from public.usage_events as event
  group by event.org_id, (event.created_at at time zone 'utc')::date, event.kind, event.provider,
    event.model;
comment on view public.usage_daily is
  'Tokens and cost by organisation, day (UTC), kind of job and model. Members see their own organisations.';
revoke all on table public.usage_daily from public, anon, authenticated, service_role;
grant select on table public.usage_daily to authenticated, service_role;
