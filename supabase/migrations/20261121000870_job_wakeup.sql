-- How workers are woken: pg_cron ticks, and every enqueue pokes at once.
create function private.get_missing_worker_count(now_at timestamptz)
returns integer
language sql
stable
security invoker
set search_path = ''
as $$
  select least(
    least(4, ceil(sum(due.job_count) / 10)) - (
      select count(*) from private.workers as worker
      where worker.seen_at > now_at - make_interval(secs => worker.lease_seconds / 2.0)
        and not worker.is_draining
    ),
    -- Jobs wait for a place in a full lane, or for its budget, which another worker would not bring.
    sum(least(
      due.job_count,
      greatest(0, private.get_lane_cap(own, now_at) - held.job_count),
      greatest(0, ceil(private.get_lane_budget(
        own.tokens_per_minute, own.token_budget, now_at - own.refilled_at
      ))),
      greatest(0, floor(private.get_lane_budget(
        own.requests_per_minute, own.request_budget, now_at - own.refilled_at
      )))
    ))
  )::integer
  from private.lanes as own
  cross join lateral (
    select count(*) as job_count from (
      (select from private.jobs as job where job.lane = own.lane and job.is_ready limit 40)
      union all
      (
        select from private.jobs as job
        where job.lane = own.lane and not job.is_ready and job.lease_token is null
          and job.visible_at <= now_at
        limit 40
      )
      union all
      (
        select from private.jobs as job
        where job.lane = own.lane and job.lease_token is not null and job.visible_at <= now_at
        limit 40
      )
    ) as first_due
  ) as due
  cross join lateral (
    select count(*) as job_count from private.jobs as job
    where job.lane = own.lane and job.lease_token is not null and job.visible_at > now_at
  ) as held
  where own.paused_until is null or own.paused_until <= now_at
$$;
comment on function private.get_missing_worker_count(timestamptz) is
  'How many workers the due jobs need beyond those alive: one for ten jobs, four at most, none for lanes that are paused, full or out of their budgets. Null or below 1 when none is missing.';
revoke all on function private.get_missing_worker_count(timestamptz)
  from public, anon, authenticated, service_role;

create function private.is_project_url(url text)
returns boolean
language sql
immutable
security invoker
set search_path = ''
return is_project_url.url
  ~ '^(https://[A-Za-z0-9.-]+|http://(127[.]0[.]0[.]1|localhost|kong|host[.]docker[.]internal))(:[0-9]{1,5})?/?$';
comment on function private.is_project_url(text) is
  'Whether the worker''s key may travel there: https, or http on this machine.';
revoke all on function private.is_project_url(text) from public, anon, authenticated, service_role;

create function private.is_header_value(value text)
returns boolean
language sql
immutable
security invoker
set search_path = ''
return is_header_value.value ~ '^[!-~]+$';
comment on function private.is_header_value(text) is
  'Whether a secret can be sent as a header: visible characters of ASCII, no line of its own.';
revoke all on function private.is_header_value(text) from public, anon, authenticated, service_role;

create function private.tick_jobs(min_interval interval default '0 seconds')
returns integer
language plpgsql
volatile
security definer
set search_path = ''
as $$
declare
  now_at timestamptz := clock_timestamp();
  poke_count integer;
  project_url text;
  cron_key text;
begin
  -- One poke serves everybody who enqueues meanwhile; nobody waits for it. Its call goes out when
  -- its transaction ends, which may take long: a tick has a lock of its own and looks all the same.
  if not pg_try_advisory_xact_lock(
    hashtext('maestro.tick_jobs'), (tick_jobs.min_interval > interval '0')::integer
  ) then
    return 0;
  end if;
  if exists (select from private.wakeups where poked_at > now_at - tick_jobs.min_interval) then
    return 0;
  end if;

  poke_count := private.get_missing_worker_count(now_at);
  if coalesce(poke_count, 0) <= 0 then
    return 0;
  end if;

  select secret.decrypted_secret into project_url
  from vault.decrypted_secrets as secret where secret.name = 'project_url';
  select secret.decrypted_secret into cron_key
  from vault.decrypted_secrets as secret where secret.name = 'cron_secret_key';
  if not coalesce(private.is_project_url(project_url) and private.is_header_value(cron_key), false) then
    raise warning 'jobs are due, but the Vault secrets project_url (https, or http on this machine) and cron_secret_key are not both set';
    return 0;
  end if;

  update private.wakeups set poked_at = now_at
  where only_row in (select wakeup.only_row from private.wakeups as wakeup for update skip locked);
  perform net.http_post(
    url => rtrim(project_url, '/') || '/functions/v1/process-jobs',
    body => '{}'::jsonb,
    headers => jsonb_build_object('content-type', 'application/json', 'apikey', cron_key),
    timeout_milliseconds => 5000
  )
  from generate_series(1, poke_count);
  return poke_count;
end
$$;
comment on function private.tick_jobs(interval) is
  'Calls as many workers as the due jobs need beyond those alive, through net.http_post; returns how many. Makes no call when no worker is missing, when one was made within min_interval, or when another session is about to. Warns when a Vault secret is missing. Definer: reads Vault and may use pg_net.';
revoke all on function private.tick_jobs(interval) from public, anon, authenticated, service_role;

create function private.tg_jobs__wake_worker()
returns trigger
language plpgsql
volatile
security definer
set search_path = ''
as $$
begin
  perform private.tick_jobs(interval '1 second');
  return null;
end
$$;
comment on function private.tg_jobs__wake_worker() is
  'Pokes a worker when jobs are enqueued, at most once a second. Definer: whoever enqueues may not use pg_net.';
revoke all on function private.tg_jobs__wake_worker() from public, anon, authenticated, service_role;

create trigger _900_wake_worker
  after insert on private.jobs
  for each statement execute function private.tg_jobs__wake_worker();
