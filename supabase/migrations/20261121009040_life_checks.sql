-- Whether the installation is alive, one row for each question.
create function private.list_cron_checks()
returns table (place integer, name text, ok boolean, detail text, hint text)
language sql
stable
security invoker
set search_path = ''
as $$
  select 300, 'cron ticks',
    case when ticking.is_scheduled then coalesce(health.tick_age_seconds < 60, false) end,
    case when not ticking.is_scheduled then 'no such job'
      else coalesce(round(health.tick_age_seconds) || ' s ago', 'never')
    end,
    'After a deployment wait ten seconds. Otherwise pg_cron is not running: restart the project, and look at cron.job_run_details'
  from private.get_job_health() as health
  cross join (
    select exists (
      select from cron.job as job where job.jobname = 'maestro-tick-jobs' and job.active
    ) as is_scheduled
  ) as ticking
  union all
  select 310, 'cron runs', count(*) filter (where last_run.status = 'failed') = 0,
    coalesce(
      string_agg(
        format('%s: %s', last_run.jobname, left(last_run.return_message, 100)), '; '
        order by last_run.jobname
      ) filter (where last_run.status = 'failed'),
      'none has failed'
    ),
    'select * from cron.job_run_details order by start_time desc'
  from (
    select distinct on (job.jobid) job.jobname, run.status, run.return_message
    from cron.job as job
    join cron.job_run_details as run on run.jobid = job.jobid
    where job.jobname like 'maestro-%' and run.status in ('succeeded', 'failed')
    order by job.jobid, run.start_time desc
  ) as last_run
  union all
  select 320, 'secrets', bool_and(wanted.is_usable),
    string_agg(
      wanted.name || case when wanted.is_usable then ' set' when wanted.is_set then ' unusable' else ' missing' end,
      ', ' order by wanted.name
    ),
    'select vault.create_secret(value, name): project_url is https://<ref>.supabase.co, cron_secret_key the secret key named cron'
  from (
    select needed.name, coalesce(secret.decrypted_secret, '') <> '' as is_set,
      coalesce(
        case needed.name when 'project_url' then private.is_project_url(secret.decrypted_secret)
          else private.is_header_value(secret.decrypted_secret) end,
        false
      ) as is_usable
    from (values ('project_url'), ('cron_secret_key')) as needed (name)
    left join vault.decrypted_secrets as secret on secret.name = needed.name
  ) as wanted
$$;
comment on function private.list_cron_checks() is
  'Whether cron ticks, and has what it calls workers with. No secret is in what it returns.';
revoke all on function private.list_cron_checks() from public, anon, authenticated, service_role;

create function private.list_work_checks()
returns table (place integer, name text, ok boolean, detail text, hint text)
language sql
stable
security invoker
set search_path = ''
as $$
  with health as materialized (select seen.* from private.get_job_health() as seen)
  select 330, 'queue', coalesce(health.oldest_ready_seconds, 0) < 900,
    format(
      'oldest ready job %s, %s dead since yesterday',
      coalesce(round(health.oldest_ready_seconds) || ' s', 'none'), health.dead_last_day
    ),
    'npm run jobs -- status, then dead; a lane that is always full needs a higher max_in_flight'
  from health
  union all
  -- Called again and again and nobody comes: pg_net keeps why for six hours.
  select 340, 'workers',
    health.worker_count > 0 or coalesce(health.oldest_ready_seconds, 0) < 60
      or wakeup.poked_at < now() - interval '5 minutes',
    case when health.worker_count > 0 then format('%s at work', health.worker_count)
      when coalesce(health.oldest_ready_seconds, 0) < 60 then 'none needed'
      else format('called %s s ago, and none came', round(extract(epoch from now() - wakeup.poked_at)))
    end,
    'select * from net._http_response order by created desc: 401 means another key than the one named cron, 404 or an error a wrong project_url, 5xx look at the logs of process-jobs'
  from health, private.wakeups as wakeup
  union all
  select 350, 'providers', count(*) = 0,
    coalesce(
      string_agg(
        format('%s: %s until %s', lane.lane, lane.pause_reason, lane.paused_until), ', '
        order by lane.lane
      ),
      'none refuses our key'
    ),
    'Renew the provider''s key: supabase secrets set …; then npm run jobs -- resume LANE'
  from private.lanes as lane
  where lane.paused_until > now() and lane.pause_reason = 'PROVIDER_UNAUTHORIZED'
$$;
comment on function private.list_work_checks() is
  'Whether jobs are worked off.';
revoke all on function private.list_work_checks() from public, anon, authenticated, service_role;
