-- The ways out of private.jobs: into history, or back to waiting. Every RPC goes through these two.
create function private.complete_job(
  job private.jobs,
  outcome text,
  error jsonb default null,
  usage jsonb default null
)
returns void
language sql
volatile
security invoker
set search_path = ''
as $$
  with gone as (
    delete from private.jobs where id = (complete_job.job).id returning *
  )
  insert into private.job_history (
    id, org_id, lane, kind, dedupe_key, input_hash, payload, priority, attempt, max_attempts,
    est_tokens, outcome, error, usage, lease_token, created_at, first_claimed_at
  )
  select
    gone.id, gone.org_id, gone.lane, gone.kind, gone.dedupe_key, gone.input_hash, gone.payload,
    gone.priority, gone.attempt, gone.max_attempts, gone.est_tokens,
    complete_job.outcome, complete_job.error, complete_job.usage,
    gone.lease_token, gone.created_at, gone.first_claimed_at
  from gone
$$;
comment on function private.complete_job(private.jobs, text, jsonb, jsonb) is
  'Moves a job to history with its outcome; its usage is booked with it. The caller has locked the row.';
revoke all on function private.complete_job(private.jobs, text, jsonb, jsonb)
  from public, anon, authenticated, service_role;

create function private.retry_job(
  job private.jobs,
  due_at timestamptz,
  attempt integer,
  error jsonb default null
)
returns text
language plpgsql
volatile
security invoker
set search_path = ''
as $$
declare
  is_due constant boolean := retry_job.due_at <= clock_timestamp();
begin
  update private.jobs
  set lease_token = null,
      worker_id = null,
      visible_at = due_at,
      is_ready = is_due,
      turn = case when is_due then turn else -1 end,
      attempt = retry_job.attempt,
      progress = 0,
      last_error = coalesce(retry_job.error, last_error)
  where id = job.id;
  return 'waiting';
exception
  -- Asking first would leave a moment in which a newer job can come; the index leaves none.
  when unique_violation then
    perform private.complete_job(job, 'superseded', error);
    return 'superseded';
end
$$;
comment on function private.retry_job(private.jobs, timestamptz, integer, jsonb) is
  'Ends a lease and puts the job back to waiting, due at due_at with the given attempt count; ends it as superseded when a newer job with its key waits already. The caller has locked the row. Returns waiting or superseded.';
revoke all on function private.retry_job(private.jobs, timestamptz, integer, jsonb)
  from public, anon, authenticated, service_role;

create function private.claim_job_organizations(job_ids bigint[])
returns void
language plpgsql
volatile
security invoker
set search_path = ''
as $$
begin
  perform from public.organizations as organization
  where organization.id = any (array(
    select job.org_id from private.jobs as job where job.id = any (claim_job_organizations.job_ids)
  ))
  order by organization.id
  for key share;
end
$$;
comment on function private.claim_job_organizations(bigint[]) is
  'Keeps the organisations of some jobs from being deleted meanwhile. For whoever ends jobs, before they lock them: a deletion has the organisation before its jobs, and history refers to it.';
revoke all on function private.claim_job_organizations(bigint[])
  from public, anon, authenticated, service_role;
