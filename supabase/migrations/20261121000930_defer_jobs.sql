-- How a job goes back without blame: the provider refused for now, or the worker ends.
create function private.defer_job(
  job private.jobs,
  error jsonb,
  seconds double precision,
  scope text
)
returns text
language plpgsql
volatile
security invoker
set search_path = ''
as $$
declare
  outcome text;
begin
  if job.first_claimed_at < clock_timestamp() - interval '1 day' then
    perform private.complete_job(job, 'dead', error);
    return 'dead';
  end if;
  outcome := private.retry_job(
    job,
    -- In a paused lane it keeps its turn; alone, it waits by itself.
    clock_timestamp() + make_interval(secs => case scope when 'lane' then 0 else seconds end),
    job.attempt - 1, error
  );
  update private.jobs set defer_count = defer_count + 1 where id = job.id;
  return outcome;
end
$$;
comment on function private.defer_job(private.jobs, jsonb, double precision, text) is
  'Gives a job back with its attempt; dead when its first attempt was over a day ago. The caller has locked the row. Returns waiting, superseded or dead.';
revoke all on function private.defer_job(private.jobs, jsonb, double precision, text)
  from public, anon, authenticated, service_role;

create function private.defer_jobs(
  refs jsonb,
  retry_after double precision default null,
  scope text default 'lane'
)
returns table (job_id text, outcome text)
language plpgsql
volatile
security definer
set search_path = ''
as $$
declare
  ref record;
  job private.jobs;
  seconds double precision;
  pauses jsonb := jsonb_build_object();
  reason text;
begin
  if defer_jobs.scope is null or defer_jobs.scope not in ('job', 'lane') then
    perform private.raise_error('INVALID_REQUEST', 400, 'scope must be job or lane');
  end if;
  perform private.claim_job_organizations(array(
    select (item.ref ->> 'job_id')::bigint from jsonb_array_elements(defer_jobs.refs) as item (ref)
  ));
  for ref in
    select item.* from jsonb_to_recordset(defer_jobs.refs)
      as item (job_id text, lease_token uuid, code text, message text, usage jsonb)
    order by item.job_id::bigint
  loop
    job_id := ref.job_id;
    perform private.add_stale_usage(ref.job_id::bigint, ref.lease_token, ref.usage);
    select held.* into job from private.jobs as held
    where held.id = ref.job_id::bigint and held.lease_token = ref.lease_token
    for update;
    if job.id is null then
      outcome := 'stale_lease';
    else
      seconds := greatest(1, least(600, coalesce(
        defer_jobs.retry_after, 5 * 2 ^ least(job.defer_count, 7)
      ))) * (1 + random() / 10);
      if defer_jobs.scope = 'lane' then
        pauses := pauses || jsonb_build_object(
          job.lane, greatest(seconds, (pauses ->> job.lane)::double precision)
        );
        reason := ref.code;
      end if;
      outcome := private.defer_job(
        job, jsonb_build_object('code', ref.code, 'message', left(ref.message, 2000)),
        seconds, defer_jobs.scope
      );
    end if;
    return next;
  end loop;
  -- After the jobs: a claim takes those whose worker was lost before it takes their lane.
  perform private.update_lane_pause(pause.lane, pause.seconds, reason)
  from (
    select item.key as lane, item.value::double precision as seconds
    from jsonb_each_text(pauses) as item order by item.key
  ) as pause;
end
$$;
comment on function private.defer_jobs(jsonb, double precision, text) is
  'A provider has refused for now: [{job_id, lease_token, code, message, usage?}] go back with their attempts. Their lane pauses for retry_after seconds (1 to 600; without it 5 s, doubled with each time that the job was sent back) and may hold half as many leases, one more with each minute; scope job leaves the lane alone. A job whose first attempt was over a day ago is dead. Outcome waiting, superseded, dead or stale_lease. Raises INVALID_REQUEST. Locks organisations, jobs, then lanes. Definer: the tables are private.';
revoke all on function private.defer_jobs(jsonb, double precision, text)
  from public, anon, authenticated, service_role;
grant execute on function private.defer_jobs(jsonb, double precision, text) to service_role;

create function private.add_wasted_usage(refs jsonb)
returns void
language sql
volatile
security definer
set search_path = ''
as $$
  select private.add_stale_usage(item.job_id::bigint, item.lease_token, item.usage)
  from jsonb_to_recordset(add_wasted_usage.refs)
    as item (job_id text, lease_token uuid, usage jsonb)
$$;
comment on function private.add_wasted_usage(jsonb) is
  'Books what attempts consumed that end without a report, [{job_id, lease_token, usage}]: their worker ends, or has lost them. Definer: the tables are private.';
revoke all on function private.add_wasted_usage(jsonb)
  from public, anon, authenticated, service_role;
grant execute on function private.add_wasted_usage(jsonb) to service_role;

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
    with own as (
      select held.* from private.jobs as held
      where held.worker_id = release_jobs.worker_id and held.lease_token is not null
      order by held.id
      for update
    )
    -- Each takes the place of its key, where an enqueue may be: in the order of enqueue_jobs.
    select own.* from own order by own.kind, own.dedupe_key
  loop
    perform private.retry_job(job, clock_timestamp(), job.attempt - 1);
  end loop;
  delete from private.workers where id = release_jobs.worker_id returning * into gone;
  -- The call that this worker came for is spent: the next enqueue makes another at once. Whoever
  -- has the lock is making one now.
  if pg_try_advisory_xact_lock(hashtext('maestro.tick_jobs'), 1) then
    update private.wakeups set poked_at = '-infinity'
    where only_row in (select wakeup.only_row from private.wakeups as wakeup for update skip locked);
  end if;

  now_at := clock_timestamp();
  select count(*), coalesce(bool_or(due.visible_at > gone.seen_at - interval '1 second'), false)
  into due_count, has_news
  from (
    select ready.visible_at from private.jobs as ready where ready.is_ready
    union all
    select delayed.visible_at from private.jobs as delayed
    where not delayed.is_ready and delayed.lease_token is null and delayed.visible_at <= now_at
    union all
    select held.visible_at from private.jobs as held
    where held.lease_token is not null and held.visible_at <= now_at
  ) as due;
  -- Whoever enqueued while this worker was still counted as alive has not called another. One that
  -- found nothing which it could do calls nobody for the same: they would call each other for ever.
  if gone.has_claimed or has_news then
    perform private.tick_jobs();
  end if;
  return due_count;
end
$$;
comment on function private.release_jobs(text) is
  'A worker stops: the jobs that it holds come back at once with the attempt given back, and the next worker is called if any are due that this one could not have known or had no time for. Returns how many are due. Definer: the tables are private.';
revoke all on function private.release_jobs(text) from public, anon, authenticated, service_role;
grant execute on function private.release_jobs(text) to service_role;
