-- How workers are woken: pg_cron ticks, and every enqueue pokes at once.
create function private.tick_jobs(min_interval interval default '0 seconds')
returns integer
language plpgsql
volatile
security definer
set search_path = ''
as $$
declare
  now_at timestamptz := clock_timestamp();
  due_count bigint;
  alive_count bigint;
  project_url text;
  cron_key text;
  poke_count integer;
begin
  -- One poke serves everybody who enqueues meanwhile; nobody waits for it.
  if not pg_try_advisory_xact_lock(hashtext('maestro.tick_jobs')) then
    return 0;
  end if;
  if exists (select from private.wakeups where poked_at > now_at - tick_jobs.min_interval) then
    return 0;
  end if;

  select count(*) into due_count
  from (
    select from private.jobs as job
    join private.lanes as lane on lane.lane = job.lane
    where job.visible_at <= now_at and (lane.paused_until is null or lane.paused_until <= now_at)
    limit 100
  ) as due;
  select count(*) into alive_count
  from private.workers as worker
  where worker.seen_at > now_at - interval '20 seconds';
  poke_count := least(4, ceil(due_count / 10.0)) - alive_count;
  if poke_count <= 0 then
    return 0;
  end if;

  select secret.decrypted_secret into project_url
  from vault.decrypted_secrets as secret where secret.name = 'project_url';
  select secret.decrypted_secret into cron_key
  from vault.decrypted_secrets as secret where secret.name = 'cron_secret_key';
  if coalesce(project_url, '') = '' or coalesce(cron_key, '') = '' then
    raise warning 'jobs are due, but the Vault secrets project_url and cron_secret_key are not both set';
    return 0;
  end if;

  update private.wakeups set poked_at = now_at where only_row;
  perform net.http_post(
    url => project_url || '/functions/v1/process-jobs',
    body => '{}'::jsonb,
    headers => jsonb_build_object('content-type', 'application/json', 'apikey', cron_key),
    timeout_milliseconds => 5000
  )
  from generate_series(1, poke_count);
  return poke_count;
end
$$;
comment on function private.tick_jobs(interval) is
  'Calls as many workers as the due jobs need beyond those alive, through net.http_post; returns how many. Makes no call when nothing is due, when one was made within min_interval, or when another session is about to. Definer: reads Vault and may use pg_net.';
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
