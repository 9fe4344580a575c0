-- What a worker says of the jobs that it holds: alive, done, failed, refused by the provider, given back.
create function private.heartbeat_jobs(worker_id text, refs jsonb, lease_seconds integer default 45)
returns table (job_id text, state text, is_draining boolean)
language plpgsql
volatile
security definer
set search_path = ''
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set jit = off
as $$
#variable_conflict use_column
begin
  return query
  with seen as (
    update private.workers as worker
    set seen_at = clock_timestamp(),
        lease_seconds = least(greatest(heartbeat_jobs.lease_seconds, 1), 3600)
    where worker.id = heartbeat_jobs.worker_id
    returning worker.is_draining
  ),
  ref as (
    select item.job_id, item.lease_token, item.progress
    from jsonb_to_recordset(heartbeat_jobs.refs)
      as item (job_id text, lease_token uuid, progress real)
  ),
  -- In the order of their ids, as everywhere, so that this and a release never wait in a ring.
  held as (
    select job.id, ref.progress
    from private.jobs as job
    join ref on ref.job_id = job.id::text and ref.lease_token = job.lease_token
    where job.id = any (array(select ref.job_id::bigint from ref))
    order by job.id
    for update of job
  ),
  extended as (
    update private.jobs as job
    set visible_at = clock_timestamp()
          + make_interval(secs => least(greatest(heartbeat_jobs.lease_seconds, 1), 3600)),
        progress = least(greatest(coalesce(held.progress, job.progress), job.progress), 1)
    from held
    where job.id = held.id
    returning job.id
  )
  select ref.job_id,
    case
      when extended.id is not null then 'ok'
      when past.outcome = 'cancelled' then 'cancel'
      else 'lost'
    end,
    coalesce((select seen.is_draining from seen), false)
  from ref
  left join extended on extended.id = ref.job_id::bigint
  left join private.job_history as past on past.id = ref.job_id::bigint;
end
$$;
comment on function private.heartbeat_jobs(text, jsonb, integer) is
  'Extends the leases of [{job_id, lease_token, progress?}] and records progress (0 to 1, never backwards). State ok, cancel when the job was cancelled, or lost when another worker or an end has overtaken the lease; is_draining when the worker is asked to end. Definer: the tables are private.';
revoke all on function private.heartbeat_jobs(text, jsonb, integer)
  from public, anon, authenticated, service_role;
grant execute on function private.heartbeat_jobs(text, jsonb, integer) to service_role;

create function private.complete_jobs(refs jsonb)
returns table (job_id text, outcome text)
language plpgsql
volatile
security definer
set search_path = ''
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set jit = off
set enable_bitmapscan = off
as $$
#variable_conflict use_column
begin
  perform private.claim_job_organizations(array(
    select (item.ref ->> 'job_id')::bigint from jsonb_array_elements(complete_jobs.refs) as item (ref)
  ));
  return query
  with ref as (
    select item.job_id, item.lease_token, item.usage, item.job_id::bigint as id
    from jsonb_to_recordset(complete_jobs.refs) as item (job_id text, lease_token uuid, usage jsonb)
  ),
  gone as (
    -- By the primary key, which finds an array's ids in their order, as everywhere: so that this and
    -- a heartbeat never wait in a ring. Behind coalesce, no index of leases can be taken instead.
    delete from private.jobs as job
    where job.id = any (array(select ref.id from ref))
      and coalesce(job.lease_token = any (array(select ref.lease_token from ref)), false)
    returning job.*
  ),
  past as (
    insert into private.job_history (
      id, org_id, lane, kind, dedupe_key, input_hash, payload, priority, attempt, max_attempts,
      est_tokens, outcome, usage, lease_token, created_at, first_claimed_at
    )
    select
      gone.id, gone.org_id, gone.lane, gone.kind, gone.dedupe_key, gone.input_hash, gone.payload,
      gone.priority, gone.attempt, gone.max_attempts, gone.est_tokens, 'completed',
      (select ref.usage from ref where ref.id = gone.id limit 1),
      gone.lease_token, gone.created_at, gone.first_claimed_at
    from gone
    returning id
  ),
  judged as (
    select ref.id, ref.job_id, ref.lease_token, ref.usage,
      case when ref.id = any (array(select past.id from past)) then 'done' else 'stale_lease' end
        as outcome
    from ref
  ),
  late as materialized (
    select private.add_stale_usage(judged.id, judged.lease_token, judged.usage)
    from judged where judged.outcome = 'stale_lease' and judged.usage is not null
  )
  select judged.job_id, judged.outcome from judged
  -- Or the planner would leave the late ones out.
  where (select count(*) from late) >= 0;
end
$$;
comment on function private.complete_jobs(jsonb) is
  'Ends held jobs whose work has no result of its own to apply, [{job_id, lease_token, usage?}]. Outcome done or stale_lease; what was consumed is booked all the same. Definer: the tables are private.';
revoke all on function private.complete_jobs(jsonb) from public, anon, authenticated, service_role;
grant execute on function private.complete_jobs(jsonb) to service_role;

create function private.fail_job(job private.jobs, error jsonb, is_permanent boolean, retry_after double precision)
returns text
language plpgsql
volatile
security invoker
set search_path = ''
as $$
declare
  delay_seconds double precision;
begin
  if is_permanent or job.attempt >= job.max_attempts then
    perform private.complete_job(job, 'dead', error);
    return 'dead';
  end if;
  delay_seconds := least(600, 2 * 2 ^ (job.attempt - 1)) * (0.5 + random() / 2);
  return private.retry_job(
    job,
    clock_timestamp()
      + make_interval(secs => greatest(delay_seconds, fail_job.retry_after)),
    job.attempt, error
  );
end
$$;
comment on function private.fail_job(private.jobs, jsonb, boolean, double precision) is
  'Ends an attempt that failed: dead when permanent or out of attempts, else waiting again. The caller has locked the row. Returns dead, waiting or superseded.';
revoke all on function private.fail_job(private.jobs, jsonb, boolean, double precision)
  from public, anon, authenticated, service_role;

create function private.fail_jobs(refs jsonb)
returns table (job_id text, outcome text)
language plpgsql
volatile
security definer
set search_path = ''
as $$
declare
  ref record;
  job private.jobs;
begin
  perform private.claim_job_organizations(array(
    select (item.ref ->> 'job_id')::bigint from jsonb_array_elements(fail_jobs.refs) as item (ref)
  ));
  for ref in
    select item.* from jsonb_to_recordset(fail_jobs.refs) as item (
      job_id text, lease_token uuid, code text, message text, is_permanent boolean,
      retry_after double precision, usage jsonb
    )
    order by item.job_id::bigint
  loop
    job_id := ref.job_id;
    perform private.add_stale_usage(ref.job_id::bigint, ref.lease_token, ref.usage);
    select held.* into job from private.jobs as held
    where held.id = ref.job_id::bigint and held.lease_token = ref.lease_token
    for update;
    outcome := case when job.id is null then 'stale_lease'
      else private.fail_job(
        job, jsonb_build_object('code', ref.code, 'message', left(ref.message, 2000)),
        ref.is_permanent, case when ref.retry_after > 0 then least(ref.retry_after, 3600) end
      )
    end;
    return next;
  end loop;
end
$$;
comment on function private.fail_jobs(jsonb) is
  'Reports failed attempts [{job_id, lease_token, code, message, is_permanent, retry_after?, usage?}]. Permanent or out of attempts: dead. Otherwise waiting again after 2 s doubled with each attempt, at most 600 s, times a random 0.5 to 1, and not before retry_after seconds (at most 3600). Outcome dead, waiting, superseded or stale_lease. Definer: the tables are private.';
revoke all on function private.fail_jobs(jsonb) from public, anon, authenticated, service_role;
grant execute on function private.fail_jobs(jsonb) to service_role;
